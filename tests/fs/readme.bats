# The blocks of README.md, run as they stand.
load lib
