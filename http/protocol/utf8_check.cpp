// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/utf8_check.h"

namespace fanlight {

bool Utf8Check::take(unsigned char byte) noexcept {
  if (left_ == 0) return begin(byte);
  if (byte < least_ || byte > most_) return false;
  --left_;
  least_ = 0x80;
  most_ = 0xbf;
  return true;
}

bool Utf8Check::begin(unsigned char byte) noexcept {
  if (byte < 0x80) return true;
  if (byte < 0xc2 || byte > 0xf4) return false;
  left_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  if (byte == 0xe0) least_ = 0xa0;
  if (byte == 0xed) most_ = 0x9f;
  if (byte == 0xf0) least_ = 0x90;
  if (byte == 0xf4) most_ = 0x8f;
  return true;
}

}  // namespace fanlight
