#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# arm64.sh BUILD PACKAGE PAGE_BYTES: the server in the unpacked PACKAGE serves vivid's camera and
# the USB camera (a program in BUILD), over io_uring, to viewers. There is no Python in this
# machine: its parts are counted.
set -eu
build=$1 package=$2 page_bytes=$3
/bin/busybox mkdir /run/bin
/bin/busybox --install -s /run/bin
PATH=$PATH:/run/bin

fail() {
  echo "FAILED: $*"
  for file in /run/log /run/load.json; do
    if [ -s $file ]; then echo "--- $file" && cat $file; fi
  done
  exit 1
}

# Waits up to a minute and a half for another program.
wait_for() { # MESSAGE COMMAND...
  message=$1
  shift
  for _ in $(seq 900); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  fail "$message"
}

watch() { # NAME SPEC FORMAT
  echo "== $1: $2"
  "$package/usr/bin/fanlight" --backend uring --listen 127.0.0.1:0 --source "$2" --size 640x480 \
    2>/run/log &
  server=$!
  wait_for "$1: the server did not start" grep -q '^listening on ' /run/log
  url=$(sed -n 's/^listening on \(.*\)\/$/\1/p' /run/log)
  grep -q "$3" /run/log || fail "$1: not $3"

  # Ends cleanly after this number of parts.
  wget -q -O /run/stream "$url/stream?frames=20" || fail "$1: the stream failed"
  parts=$(grep -a -c '^X-Sequence: ' /run/stream)
  slates=$(grep -a -c '^X-Slate: ' /run/stream || true)
  [ "$parts" = 20 ] && [ "$slates" = 0 ] || fail "$1: $parts parts, $slates slates"
  tail -c 30 /run/stream | grep -q -- '--boundarydonotcross--' || fail "$1: no closing delimiter"

  # Its exit status reports disconnections, torn parts and the like; every part is checked.
  "$package/usr/bin/fanlight-load" --viewers 10 --check-every 1 --duration 5s --quiet --json - \
    "$url/stream" >/run/load.json || fail "$1: fanlight-load failed"
  frames=$(sed -n 's/.*"frames":\([0-9]*\),"frames_per_s".*/\1/p' /run/load.json)
  [ "${frames:-0}" -ge 10 ] || fail "$1: viewers got ${frames:-no} frames"

  kill $server
  wait $server || fail "$1: exit status $?"
  echo "ok: $parts parts in order, $frames frames to 10 viewers"
}

found=$(awk '/^KernelPageSize/ { print $2 * 1024; exit }' /proc/self/smaps)
[ "$found" = "$page_bytes" ] || fail "pages of $found bytes"
"$build/tests/core/core_test" --gtest_brief=1 --gtest_filter='FrameRing*:SharedMemory*' ||
  fail "the tests of memory pages failed"
# Takes minutes, one instruction at a time, and does not depend on the page size: once is enough.
if [ "$page_bytes" = 4096 ]; then
  "$build/tests/capture/jpeg/jpeg_simd_test" --gtest_brief=1 || fail "libjpeg-turbo without NEON"
fi

"$package/usr/bin/fanlight" --config "$package/etc/fanlight/fanlight.toml" --check-config ||
  fail "the packaged configuration is invalid"

watch vivid v4l2:/dev/video0 'encoded here'

mkfifo /run/commands
"$build/tests/vm/uvc_camera" </run/commands &
exec 3>/run/commands
link=/dev/v4l/by-id/usb-Fanlight_Emulated_Camera_E0001-video-index0
wait_for "no USB camera" test -e $link
watch USB v4l2:$link 'MJPEG.*passed through'
exec 3>&-
wait
if dmesg | grep -E 'BUG:|WARNING:|Oops'; then fail "the kernel reported a bug"; fi
