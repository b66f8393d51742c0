"""Training of densities of images, vectors and spectra (`vocoder.density`).

command   `sonant-train density`
stage     one run: its configuration, its folder, its report
task      what is minimised
data      images, vectors and spectra, read from files that the user has
"""
