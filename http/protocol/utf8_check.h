// SPDX-License-Identifier: Apache-2.0
// Utf8Check: whether bytes that arrive in pieces are well-formed UTF-8 (RFC 3629 section 4).
#pragma once

namespace fanlight {

// Owns: its place within a character. Thread: any one.
class Utf8Check {
 public:
  // False if no well-formed text begins with the bytes so far; then it is not called again.
  bool take(unsigned char byte) noexcept;

  // Whether the bytes so far end with a whole character.
  bool is_whole() const noexcept { return left_ == 0; }

 private:
  bool begin(unsigned char byte) noexcept;

  unsigned left_ = 0;  // bytes of the character that are still to come
  // Limits of the next one: they exclude overlong forms, surrogates, and what is above U+10FFFF.
  unsigned char least_ = 0x80;
  unsigned char most_ = 0xbf;
};

}  // namespace fanlight
