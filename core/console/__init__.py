"""The programme without a window: a module for what trains, one for what tells of results, and what they show."""
