# SPDX-License-Identifier: Apache-2.0
# bash completion for fanlight.

_fanlight_plan() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local -a choices=()
  case $before in
    --wire | --camera-wire | --viewers | --browsers | --min-fps | --size | --picture | --fps | \
      --changed | --price) ;;
    *)
      mapfile -t choices < <(compgen -W '--wire --camera-wire --viewers --browsers --min-fps
        --size --picture --fps --changed --price --json -h --help' -- "$word")
      ;;
  esac
  COMPREPLY=("${choices[@]}")
}

_fanlight() {
  if [[ ${COMP_WORDS[1]} == plan ]] && ((COMP_CWORD > 1)); then
    _fanlight_plan
    return
  fi
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local -a choices=()
  case $before in
    --source)
      mapfile -t choices < <(compgen -W 'auto emulator files: http:// https:// latest: libcamera
        nats:// pattern tls:// v4l2:' -- "$word")
      ;;
    # Bash treats a colon as a separate word: files:DIR, unix:PATH.
    --access-log | --takeover-socket | --auth-file | --link-key | --stock-db | --config | \
      --tls-cert | --tls-key | :)
      mapfile -t choices < <(compgen -f -- "$word")
      ;;
    --rotate) mapfile -t choices < <(compgen -W '0 90 180 270' -- "$word") ;;
    --ladder) mapfile -t choices < <(compgen -W 'auto off 640x360@q60' -- "$word") ;;
    --max-cpu) mapfile -t choices < <(compgen -W 'off 80%' -- "$word") ;;
    --mirror | --kernel-tls) mapfile -t choices < <(compgen -W 'on off' -- "$word") ;;
    --encoder | -c) mapfile -t choices < <(compgen -W 'auto cpu m2m' -- "$word") ;;
    --backend) mapfile -t choices < <(compgen -W 'auto uring epoll' -- "$word") ;;
    --zero-copy | --sandbox) mapfile -t choices < <(compgen -W 'auto on off' -- "$word") ;;
    --ring-slots) mapfile -t choices < <(compgen -W '2 4 8 16 32 auto' -- "$word") ;;
    --log-level) mapfile -t choices < <(compgen -W 'error warning info debug' -- "$word") ;;
    --shards | --max-viewers | --encode-threads | --send-buffer | --unix-mode | -M)
      mapfile -t choices < <(compgen -W 'auto' -- "$word")
      ;;
    --max-egress | --max-connections-per-address)
      mapfile -t choices < <(compgen -W 'auto off' -- "$word") ;;
    --max-viewers-per-address | --capture-idle | --history)
      mapfile -t choices < <(compgen -W 'off' -- "$word")
      ;;
    --user) mapfile -t choices < <(compgen -u -- "$word") ;;
    --trusted-proxy) mapfile -t choices < <(compgen -W 'unix' -- "$word") ;;
    --listen | --admin-listen)
      mapfile -t choices < <(compgen -W '127.0.0.1:5000 0.0.0.0:5000 unix:' -- "$word")
      ;;
    --camera | --fps | --size | --quality | -q | --control | --camera-stall-timeout | \
      --refresh | --source-timeout | --history-memory | --publish | \
      --allowed-host | --cors-origin | --min-fps | --viewer-stall-timeout | --header-timeout | \
      --idle-timeout | --frame-memory) ;;
    *)
      mapfile -t choices < <(compgen -W '-h --help -v --version --features
        --source --camera --fps --size -q --quality --rotate --mirror --ladder --publish
        --control --allow-control --exit-on-no-source --camera-stall-timeout --refresh --history
        --history-memory --source-timeout --capture-idle
        --listen --admin-listen --tls-cert --tls-key -M --unix-mode --trusted-proxy
        --allowed-host --cors-origin --auth-file --link-key --auth-loopback
        --access-log --takeover-socket --stock-db --user --sandbox --shards
        --max-viewers --max-viewers-per-address --max-connections-per-address --max-egress
        --min-fps --max-cpu --viewer-stall-timeout --header-timeout --idle-timeout
        --encode-threads -c --encoder --backend --zero-copy --frame-memory --ring-slots
        --send-buffer --kernel-tls --pin-cpus
        --config --check-config --print-config --list-devices --take-over --reload
        --log-level' -- "$word")
      ;;
  esac
  COMPREPLY=("${choices[@]}")
  if [[ ${COMPREPLY[0]} == *: || ${COMPREPLY[0]} == *:// ]]; then compopt -o nospace; fi
}

complete -F _fanlight fanlight
