# What zsh makes of a line when Tab is pressed twice, in a terminal of its own: returns 0 when that
# fits the pattern, and never ends otherwise. Usage: zsh -f completion.zsh FUNCTIONS LINE PATTERN
zmodload zsh/zpty
zpty -b z env TERM=dumb zsh -f -i
zpty -w z "stty columns 200; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D; echo rea''dy"
zpty -r -m z shown '*ready*'
zpty -w -n z "$2"$'\t\t'
zpty -r -m z shown "$3"
