// SPDX-License-Identifier: Apache-2.0
// NATS address: `nats://[USER:PASSWORD@|TOKEN@]HOST[:PORT]/SUBJECT[?segments=0|1]`, or tls:// with
// TLS, as NATS writes the addresses of its servers, and a subject behind it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fanlight {

// A server, and where to find pictures on it. User and token are decoded; of a user without a
// password, one of them is a token.
struct NatsAddress {
  bool is_tls = false;
  std::string host;  // without the brackets of an IPv6 address
  uint16_t port = 4222;
  std::string user;  // empty, or with a password
  std::string password;
  std::string token;
  std::string subject;
  bool segments = false;  // publish updates of changed segments there; a source takes what comes
};

// Whether `url` begins as such an address.
bool is_nats_url(std::string_view url);

// Throws std::invalid_argument, without secrets, for anything else, and for a subject that
// check_subject() refuses.
NatsAddress parse_nats_url(std::string_view url);

// Likewise of a directory of cameras: its subject has wildcards.
NatsAddress parse_nats_directory_url(std::string_view url);

// The URL of the camera at `subject` in the directory at `url`.
std::string nats_camera_url(std::string_view url, std::string_view subject);

// A subject to publish on: 1 to 128 bytes, tokens of visible ASCII characters between dots, without
// the wildcards `*` and `>`, and without `?`, which ends it in a URL; not one of the server's own,
// which begin with $ or _INBOX, or of announcements, with _FANLIGHT. Throws std::invalid_argument.
void check_subject(std::string_view subject);

// The subjects of a directory: the same, but some of its tokens, at least one, are `*`, and the
// last one may be `>`. Throws std::invalid_argument.
void check_subject_pattern(std::string_view pattern);

}  // namespace fanlight
