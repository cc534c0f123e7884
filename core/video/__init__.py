"""The sight wing: what core.audio is to sound, room by room."""
