# SPDX-License-Identifier: Apache-2.0
# fish completion for fanlight-load.

complete -c fanlight-load -f -a http://127.0.0.1:5000/stream
complete -c fanlight-load -s h -l help -d 'print all options'
complete -c fanlight-load -l version -d 'print the version'

complete -c fanlight-load -x -s c -l viewers -d 'concurrent viewers'
complete -c fanlight-load -x -s d -s z -l duration -d 'duration of the measurement'
complete -c fanlight-load -x -l ramp -d 'spread the connects over this time'
complete -c fanlight-load -x -l settle -d 'maximum wait for first frames'
complete -c fanlight-load -x -s t -l threads -d 'threads that receive'
complete -c fanlight-load -x -l cpus -d 'bind the threads to these CPUs'
complete -c fanlight-load -x -l seed -d 'seed of the random numbers'

complete -c fanlight-load -x -l slow -d 'viewers that read slowly, N or P%'
complete -c fanlight-load -x -l slow-rate -d 'bytes per second of a slow viewer'
complete -c fanlight-load -x -l slow-receive-buffer -d 'SO_RCVBUF of slow viewers'
complete -c fanlight-load -x -l receive-buffer -d 'SO_RCVBUF of other viewers'
complete -c fanlight-load -x -l stalled -d 'viewers that read the head and one byte'
complete -c fanlight-load -x -l resetting -d 'viewers that reset and reconnect'
complete -c fanlight-load -x -l vanishing -d 'viewers that vanish within a frame and reconnect'
complete -c fanlight-load -x -s H -l header -d 'header field of each request'

complete -c fanlight-load -l segments -d 'connect by WebSocket, receive only what changed'
complete -c fanlight-load -x -l check-every -d 'check every Nth part of each viewer completely'
complete -c fanlight-load -x -l pid -a '(pidof fanlight)' -d "the server's process ID"
complete -c fanlight-load -r -F -l json -d 'write the result as JSON'
complete -c fanlight-load -l quiet -d 'no line per second'
complete -c fanlight-load -l tolerate -d 'exit with 0 whatever viewers received'
