"""Scores and tests, from predictions only.

Every test is checked against somebody else's:

| what | where | checked in tests/core/evaluation against |
|---|---|---|
| mean and interval over folds | statistics | statsmodels' interval; Nadeau & Bengio's factor by hand |
| corrected resampled t-test | statistics | SciPy's paired t-test without sizes; a closed form; its false alarms |
| Hedges' g of paired scores | statistics | Hedges 1981, the exact c(m) |
| Holm | statistics | statsmodels |
| McNemar, exact | statistics, clip_tests | statsmodels, with one seed and with several |
| Wilson's interval | statistics | statsmodels |
| seeds apart from folds | seeds | statsmodels' analysis of variance; variances that were put in |
| Bayesian correlated t-test | bayesian | baycomp's own test; SciPy's Student t |
| clustered bootstrap | bootstrap | SciPy's BCa; a loop over clusters in NumPy; how often it covers the truth |
| Friedman, Iman & Davenport | several_datasets | Demšar 2006, section 3.2; SciPy; analysis of variance of ranks |
| Friedman by permutation | several_datasets | 1 / k!^(N − 1) where all rank alike; every permutation counted |
| Nemenyi | several_datasets | Demšar 2006, table 5 and section 3.2 |
| smallest p of signed ranks | design | SciPy's exact Wilcoxon test |
| clustered AUC | clustered_auc | see there |
"""
