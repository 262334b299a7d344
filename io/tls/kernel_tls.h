// SPDX-License-Identifier: Apache-2.0
// Kernel TLS: gives the kernel the keys of a TLS 1.3 connection, so that it makes the records of
// what is sent (Documentation/networking/tls.rst).
//
// OpenSSL can do the same, but only where it was built so, and Debian 12's was not. What this needs
// of OpenSSL is public: the secret of which the keys are made, as in SSLKEYLOGFILE.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "io/tls/traffic_keys.h"

namespace fanlight {

// From now on what is sent on `fd` are records of these keys, from the first one on. The socket has
// taken everything that was sealed before. False when the kernel has no TLS, or not this cipher;
// then the socket is as it was.
bool start_kernel_tls(int fd, uint16_t suite, const TrafficKeys& keys) noexcept;

// The alert that ends what is sent (RFC 8446 section 6.1). It goes out by sendmsg(2) with this
// control message, which says that it is one; or all as one message. They have static lifetime.
inline constexpr std::string_view kCloseNotify{"\x01\x00", 2};  // warning, close_notify
std::span<std::byte> close_notify_control() noexcept;
const msghdr& close_notify_message() noexcept;

}  // namespace fanlight
