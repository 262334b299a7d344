// SPDX-License-Identifier: Apache-2.0
// SimCall: the calls of a shard to the kernel, and the errors with which each may fail.
//
// This is the one place that lists which faults exist. fault_sweep tries each at each call site.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fanlight {

// Requests, direct calls of Backend, and the loop iteration, at which time passes.
enum class SimCall : uint8_t {
  accept,
  receive,
  send,
  send_message,
  send_zero_copy,
  read_event,
  poll,
  shut_down,
  close,
  cancel,
  open_spare,
  peer_address,
  peer_progress,
  register_descriptor,
  turn,
};
inline constexpr size_t kSimCalls = static_cast<size_t>(SimCall::turn) + 1;

std::string_view name_of(SimCall call);

// The errors that the call's man page lists, and a few foreign ones. Empty for turn.
std::span<const int> errors_of(SimCall call);

// Whether it moves bytes, and so may move fewer.
bool transfers(SimCall call);

// Whether a socket that reports this error has lost its connection: the peer notices too.
bool ends_connection(int error);

// "ENOBUFS".
std::string error_name(int error);

}  // namespace fanlight
