// SPDX-License-Identifier: Apache-2.0
// The field Authorization: first as it is, then any text encoded in one. Its user and password are
// those that a second decoder finds, within their limits.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "core/ascii.h"
#include "core/check.h"
#include "http/auth/basic_credentials.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace fanlight {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string encode(std::string_view text) {
  std::string base64;
  uint32_t bits = 0;
  size_t count = 0;
  for (const char c : text) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) base64 += kDigits[bits >> (count - 6) & 63];
  }
  if (count > 0) base64 += kDigits[bits << (6 - count) & 63];
  while (base64.size() % 4 != 0) base64 += '=';
  return base64;
}

// RFC 4648 section 4. The bits behind the last byte may have any value (section 3.5).
std::optional<std::string> decode(std::string_view base64) {
  if (base64.size() % 4 != 0) return {};
  for (int i = 0; i < 2 && base64.ends_with('='); ++i) base64.remove_suffix(1);
  if (base64.size() % 4 == 1) return {};
  std::string text;
  uint32_t bits = 0;
  size_t count = 0;
  for (const char c : base64) {
    const size_t digit = kDigits.find(c);
    if (digit == kDigits.npos) return {};
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    text += static_cast<char>(bits >> count & 0xff);
  }
  return text;
}

struct Login {
  std::string user;
  std::string password;
  bool operator==(const Login&) const = default;
};

// RFC 7617 section 2, with our limits.
std::optional<Login> login_in(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == text.npos || colon == 0 || colon > kUserBytesMax) return {};
  if (text.size() - colon - 1 > kLoginPasswordBytesMax) return {};
  for (const char c : text) {
    if ((c >= '\0' && c < ' ') || c == 0x7f) return {};
  }
  return Login{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

// What is parsed is in the room, of exactly its size: a sanitizer notices what is beyond it.
std::optional<Login> parse(std::string_view field) {
  const auto room = std::make_unique<std::array<char, kCredentialBytesMax>>();
  const auto credentials = parse_basic_credentials(field, *room);
  if (!credentials) return {};
  const auto& [user, password] = *credentials;
  CHECK(user.data() == room->data() && password.data() == room->data() + user.size() + 1);
  CHECK(user.size() + 1 + password.size() <= room->size());
  return Login{std::string(user), std::string(password)};
}

std::optional<Login> login_in_field(std::string_view field) {
  if (!starts_with_ignoring_case(field, "basic ")) return {};
  const std::optional<std::string> text = decode(trimmed(field.substr(6)));
  return text ? login_in(*text) : std::nullopt;
}

void check_text(std::string_view text) {
  const std::string base64 = encode(text);
  CHECK(decode(base64) == text);
  const std::optional<Login> login = login_in(text);
  for (const char* scheme : {"Basic ", "bASIC   ", "BASIC \t"}) {
    CHECK(parse(scheme + base64) == login);
    CHECK(parse(scheme + base64 + " ") == login);
  }
  for (const char* scheme : {"", "Basic", "Basic:", "Bearer "}) CHECK(!parse(scheme + base64));
  CHECK(!parse("Basic " + base64 + "="));
  CHECK(!parse("Basic " + base64 + " " + base64));
}

}  // namespace

void fuzz(std::string_view bytes) {
  FuzzInput input(bytes);
  const std::string_view field = input.line();
  CHECK(parse(field) == login_in_field(field));
  check_text(input.rest());
}

}  // namespace fanlight
