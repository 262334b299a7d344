// SPDX-License-Identifier: Apache-2.0
#include "io/tls/kernel_tls.h"

#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#ifndef SOL_TLS
#define SOL_TLS 282  // <linux/socket.h>, which does not go with <sys/socket.h>
#endif

namespace fanlight {
namespace {

// `Info` is one of the kernel's structures: a salt, which is the beginning of the IV, may be empty.
template <class Info>
bool give(int fd, uint16_t cipher, const TrafficKeys& keys) noexcept {
  Info info{};
  info.info.version = TLS_1_3_VERSION;
  info.info.cipher_type = cipher;
  constexpr size_t kSalt = sizeof keys.iv - sizeof info.iv;
  std::memcpy(info.key, keys.key.data(), sizeof info.key);
  std::memcpy(info.salt, keys.iv.data(), kSalt);
  std::memcpy(info.iv, keys.iv.data() + kSalt, sizeof info.iv);
  const bool taken = ::setsockopt(fd, SOL_TLS, TLS_TX, &info, sizeof info) == 0;
  OPENSSL_cleanse(&info, sizeof info);
  return taken;
}

}  // namespace

// Without keys, a socket with this protocol sends and receives as before.
bool start_kernel_tls(int fd, uint16_t suite, const TrafficKeys& keys) noexcept {
  if (::setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") != 0) return false;
  switch (suite) {
    case kAes128GcmSha256:
      return give<tls12_crypto_info_aes_gcm_128>(fd, TLS_CIPHER_AES_GCM_128, keys);
    case kAes256GcmSha384:
      return give<tls12_crypto_info_aes_gcm_256>(fd, TLS_CIPHER_AES_GCM_256, keys);
    case kChaCha20Poly1305Sha256:
      return give<tls12_crypto_info_chacha20_poly1305>(fd, TLS_CIPHER_CHACHA20_POLY1305, keys);
    default:
      return false;
  }
}

// SOL_TLS, TLS_SET_RECORD_TYPE: the type of the one record that a sendmsg(2) makes.
std::span<std::byte> close_notify_control() noexcept {
  constexpr unsigned char kAlert = 21;  // ContentType
  struct Control {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(unsigned char))> bytes{};
    Control() {
      cmsghdr header{};
      header.cmsg_len = CMSG_LEN(sizeof kAlert);
      header.cmsg_level = SOL_TLS;
      header.cmsg_type = TLS_SET_RECORD_TYPE;
      std::memcpy(bytes.data(), &header, sizeof header);
      bytes[CMSG_LEN(0)] = std::byte{kAlert};
    }
  };
  static Control control;
  return control.bytes;
}

const msghdr& close_notify_message() noexcept {
  static const iovec alert{const_cast<char*>(kCloseNotify.data()), kCloseNotify.size()};
  static const msghdr message = [] {
    msghdr made{};
    made.msg_iov = const_cast<iovec*>(&alert);
    made.msg_iovlen = 1;
    made.msg_control = close_notify_control().data();
    made.msg_controllen = close_notify_control().size();
    return made;
  }();
  return message;
}

}  // namespace fanlight
