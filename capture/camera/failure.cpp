// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/failure.h"

#include <cerrno>
#include <string_view>

namespace fanlight {
namespace {

struct Words {
  int error;
  std::string_view text;
};

// The driver API defines what these mean (V4L2: "Error codes" of each ioctl; libcamera and the
// relay throw the same ones): strerror() would give "No such device or address" for an unplugged
// cable.
constexpr Words kWords[] = {
    {ENODEV, "unplugged"},
    {ENXIO, "unplugged"},
    {ENOENT, "not there"},
    {EBUSY, "in use by another program"},
    {EACCES, "not permitted"},
    {EPERM, "not permitted"},
    {EIO, "device or cable failure"},
    {EPIPE, "device or cable failure"},
    {EPROTO, "its response makes no sense"},
    {ENOSPC, "its bus has no bandwidth left"},
    {ENOLINK, "no signal: is the source connected and on?"},
    {ENOLCK, "no stable signal"},
    {ERANGE, "unsupported signal"},
    {ESTALE, "the signal changed"},
    {ENOTTY, "not a camera"},
    {ENOTSUP, "no supported format"},
    {ENOMEM, "no memory left for its pictures"},
    {EAGAIN, "its server is full or has no picture"},
    {EMSGSIZE, "its pictures are too large"},
    {EKEYREJECTED, "its server cannot be trusted"},
    {ETIMEDOUT, "it does not answer"},
    {ECONNREFUSED, "connection refused"},
    {ECONNRESET, "its server hung up"},
    {EHOSTUNREACH, "its server cannot be reached"},
    {ENETUNREACH, "its server cannot be reached"},
    {ELOOP, "the relays form a loop"},
    {EADDRINUSE, "two publishers have its subject"},
};

}  // namespace

std::string failure_in_words(const std::error_code& error) {
  if (error.category() == std::system_category() || error.category() == std::generic_category()) {
    for (const Words& words : kWords) {
      if (words.error == error.value()) return std::string(words.text);
    }
  }
  return error.message();
}

}  // namespace fanlight
