// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/faults/sim_call.h"

#include <cerrno>
#include <cstring>

#include "core/check.h"

namespace fanlight {
namespace {

// accept(2): its own errors, and those of the network that Linux passes on.
constexpr std::array kAcceptErrors = {
    EAGAIN,      ECONNABORTED,    EINTR,           EINVAL,       EMFILE,      ENFILE,
    ENOBUFS,     ENOMEM,          EOPNOTSUPP,      EPERM,        EPROTO,      ENETDOWN,
    ENOPROTOOPT, EHOSTDOWN,       ENONET,          EHOSTUNREACH, ENETUNREACH, ENOSR,
    ETIMEDOUT,   ESOCKTNOSUPPORT, EPROTONOSUPPORT, EIO,          ENOSPC};
// recv(2), tcp(7), ip(7).
constexpr std::array kReceiveErrors = {
    EAGAIN,   ECONNREFUSED, EFAULT,       EINTR,        EINVAL,      ENOMEM,
    ENOTCONN, ECONNRESET,   ETIMEDOUT,    EHOSTUNREACH, ENETUNREACH, ENETDOWN,
    EPIPE,    ENOBUFS,      ECONNABORTED, EIO,          ECANCELED};
// send(2), sendmsg(2), tcp(7), ip(7).
constexpr std::array kSendErrors = {
    EACCES,    EAGAIN,       ECONNRESET,  EDESTADDRREQ, EFAULT,   EINTR,      EINVAL,
    EISCONN,   EMSGSIZE,     ENOBUFS,     ENOMEM,       ENOTCONN, EOPNOTSUPP, EPIPE,
    ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENETDOWN,     EPERM,    EIO,        ECANCELED};
// read(2), eventfd(2).
constexpr std::array kReadErrors = {EAGAIN, EINTR, EINVAL, EIO, ENOMEM, ENOBUFS, EFAULT};
constexpr std::array kPollErrors = {EINTR, EINVAL, ENOMEM, EAGAIN, ECANCELED, EIO};
constexpr std::array kShutDownErrors = {EINVAL, ENOTCONN, ENOMEM, EINTR, EIO};
// close(2): the descriptor is closed in any case.
constexpr std::array kCloseErrors = {EINTR, EIO, ENOSPC, EDQUOT, ENOMEM};
// io_uring_cancel(7).
constexpr std::array kCancelErrors = {ENOENT, EALREADY, EINVAL, ENOMEM, EINTR};
constexpr std::array kSpareErrors = {EMFILE, ENFILE, ENODEV, ENOMEM};
constexpr std::array kAddressErrors = {ENOBUFS, ENOTCONN};
constexpr std::array kProgressErrors = {ENOPROTOOPT};
constexpr std::array kRegisterErrors = {EINVAL, EMFILE, ENOMEM};

constexpr std::array<std::string_view, kSimCalls> kNames = {"accept",
                                                            "receive",
                                                            "send",
                                                            "send_message",
                                                            "send_zero_copy",
                                                            "read_event",
                                                            "poll",
                                                            "shut_down",
                                                            "close",
                                                            "cancel",
                                                            "open_spare",
                                                            "peer_address",
                                                            "peer_progress",
                                                            "register_descriptor",
                                                            "turn"};

}  // namespace

std::string_view name_of(SimCall call) {
  return kNames.at(static_cast<size_t>(call));
}

std::span<const int> errors_of(SimCall call) {
  switch (call) {
    case SimCall::accept:
      return kAcceptErrors;
    case SimCall::receive:
      return kReceiveErrors;
    case SimCall::send:
    case SimCall::send_message:
    case SimCall::send_zero_copy:
      return kSendErrors;
    case SimCall::read_event:
      return kReadErrors;
    case SimCall::poll:
      return kPollErrors;
    case SimCall::shut_down:
      return kShutDownErrors;
    case SimCall::close:
      return kCloseErrors;
    case SimCall::cancel:
      return kCancelErrors;
    case SimCall::open_spare:
      return kSpareErrors;
    case SimCall::peer_address:
      return kAddressErrors;
    case SimCall::peer_progress:
      return kProgressErrors;
    case SimCall::register_descriptor:
      return kRegisterErrors;
    case SimCall::turn:
      return {};
  }
  CHECK(false && "an unknown call");
}

bool transfers(SimCall call) {
  return call == SimCall::receive || call == SimCall::send || call == SimCall::send_message ||
         call == SimCall::send_zero_copy;
}

bool ends_connection(int error) {
  return error == ECONNRESET || error == EPIPE || error == ETIMEDOUT || error == ECONNREFUSED ||
         error == ECONNABORTED || error == EHOSTUNREACH || error == ENETUNREACH ||
         error == ENETDOWN || error == ENOTCONN;
}

std::string error_name(int error) {
  const char* const name = ::strerrorname_np(error);
  return name != nullptr ? name : std::to_string(error);
}

}  // namespace fanlight
