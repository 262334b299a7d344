# SPDX-License-Identifier: Apache-2.0
# bash completion for fanlight-load.

_fanlight_load() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local -a choices=()
  case $before in
    --json) mapfile -t choices < <(compgen -f -- "$word") ;;
    --pid) mapfile -t choices < <(compgen -W "$(pidof fanlight)" -- "$word") ;;
    -c | --viewers | -d | -z | --duration | --ramp | --settle | -t | --threads | --cpus | \
      --seed | --slow | --slow-rate | --slow-receive-buffer | --receive-buffer | --stalled | \
      --resetting | --vanishing | -H | --header | --check-every) ;;
    *)
      mapfile -t choices < <(compgen -W '-h --help --version
        -c --viewers -d -z --duration --ramp --settle -t --threads --cpus --seed
        --slow --slow-rate --slow-receive-buffer --receive-buffer --stalled --resetting --vanishing
        -H --header --segments --check-every --pid --json --quiet --tolerate
        http://127.0.0.1:5000/stream' -- "$word")
      ;;
  esac
  COMPREPLY=("${choices[@]}")
}

complete -F _fanlight_load fanlight-load
