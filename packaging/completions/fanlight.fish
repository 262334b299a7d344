# SPDX-License-Identifier: Apache-2.0
# fish completion for fanlight.

complete -c fanlight -f
complete -c fanlight -s h -l help -d 'print all options'
complete -c fanlight -s v -l version -l features -d 'print the version'

complete -c fanlight -x -l source -d 'where the pictures come from' \
    -a 'auto emulator files: http:// https:// latest: libcamera pattern v4l2:'
complete -c fanlight -x -l camera -d 'a camera under /cameras/NAME/: NAME=SPEC,key=value'
complete -c fanlight -x -l fps -d 'pictures per second'
complete -c fanlight -x -l size -d 'size of the pictures, as WxH'
complete -c fanlight -x -s q -l quality -d 'quality of JPEGs encoded here, 1 to 100'
complete -c fanlight -x -l rotate -a '0 90 180 270' -d 'rotate the pictures clockwise'
complete -c fanlight -x -l mirror -a 'on off' -d 'swap left and right'
complete -c fanlight -x -l control -d 'set a control of the camera: NAME=VALUE'
complete -c fanlight -l allow-control -d 'let clients set controls'
complete -c fanlight -l exit-on-no-source -d 'exit if no camera can be opened at start'
complete -c fanlight -x -l camera-stall-timeout -d 'show a slate after this long without a picture'
complete -c fanlight -x -l refresh -d 'renew each part of a picture within this time'
complete -c fanlight -x -l source-timeout -d 'time limit for the first picture of another server'
complete -c fanlight -x -l capture-idle -a off -d 'stop the camera after this long without viewers'

complete -c fanlight -x -l listen -a '127.0.0.1:5000 0.0.0.0:5000 unix:' -d 'address to listen on'
complete -c fanlight -x -l admin-listen -d 'listener that shows all'
complete -c fanlight -x -s M -l unix-mode -a 'auto 660 666' -d 'permissions of UNIX sockets'
complete -c fanlight -x -l trusted-proxy -a unix -d 'proxy whose X-Forwarded-For is trusted'
complete -c fanlight -x -l allowed-host -d 'name that leads here'
complete -c fanlight -x -l cors-origin -d 'Access-Control-Allow-Origin'
complete -c fanlight -r -F -l auth-file -d 'users and their rights'
complete -c fanlight -r -F -l link-key -d 'keys that sign links'
complete -c fanlight -l auth-loopback -d 'ask clients of this machine for a password too'
complete -c fanlight -r -F -l access-log -d 'append a line of JSON for each request'
complete -c fanlight -r -F -l stock-db -d 'SQLite database of /stock-table'
complete -c fanlight -x -l shards -a auto -d 'threads that serve viewers'

complete -c fanlight -x -l max-viewers -a auto -d 'concurrent streams'
complete -c fanlight -x -l max-viewers-per-address -a off -d 'concurrent streams from one address'
complete -c fanlight -x -l max-connections-per-address -a 'auto off' -d 'the same, of all kinds'
complete -c fanlight -x -l max-egress -a 'auto off' -d 'network bandwidth, such as 1Gbit'
complete -c fanlight -x -l min-fps -d 'refuse viewers below this rate'
complete -c fanlight -x -l viewer-stall-timeout -d 'close a viewer that accepts no data'
complete -c fanlight -x -l header-timeout -d 'time limit for a request'
complete -c fanlight -x -l idle-timeout -d 'close an idle connection after this long'

complete -c fanlight -x -l encode-threads -a auto -d 'threads that encode the pictures of a camera'
complete -c fanlight -x -s c -l encoder -a 'auto cpu m2m' -d 'encoder of raw pictures'
complete -c fanlight -x -l backend -a 'auto uring epoll' -d 'kernel interface'
complete -c fanlight -x -l zero-copy -a 'auto on off' -d 'let the network card read frames'
complete -c fanlight -x -l frame-memory -d 'memory for the frames of a camera'
complete -c fanlight -x -l ring-slots -a '2 4 8 16 32 auto' -d 'newest frames held without sharing'
complete -c fanlight -x -l send-buffer -a auto -d SO_SNDBUF
complete -c fanlight -l pin-cpus -d 'bind each shard to its own CPU'

complete -c fanlight -r -F -l config -d 'read options from a file'
complete -c fanlight -l check-config -d 'check all options, and exit'
complete -c fanlight -l print-config -d 'print the options in force, and exit'
complete -c fanlight -l list-devices -d 'list connected cameras, and exit'
complete -c fanlight -x -l log-level -a 'error warning info debug' -d 'level of log messages'
