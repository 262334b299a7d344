// SPDX-License-Identifier: Apache-2.0
// StateWriter, StateReader: numbers and texts as bytes, for another process of this machine.
//
// Numbers are in the machine's byte order, since both processes run on it; a text is its size, in
// two bytes, and its bytes.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/time.h"

namespace fanlight {

// Owns: the bytes. Thread: its owner's.
class StateWriter {
 public:
  template <std::unsigned_integral Number>
  void number(Number value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    bytes_.append(bytes, sizeof value);
  }
  void flag(bool value) { number<uint8_t>(value ? 1 : 0); }
  void instant(Instant value) { number(static_cast<uint64_t>(value.time_since_epoch().count())); }
  void duration(Duration value) { number(static_cast<uint64_t>(value.count())); }
  // At most 65535 bytes.
  void text(std::string_view value);
  void raw(std::string_view bytes) { bytes_.append(bytes); }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads what a StateWriter wrote, or anything else: a value that is not there, or outside of its
// range, makes the reader fail, and everything after it is 0.
// Owns: nothing. Thread: its owner's.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : left_(bytes) {}

  // At most `max`.
  template <std::unsigned_integral Number>
  Number number(Number max = static_cast<Number>(~Number{0})) {
    Number value = 0;
    const std::string_view bytes = raw(sizeof value);
    if (bytes.empty()) return 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return check(value <= max) ? value : Number{0};
  }
  bool flag() { return number<uint8_t>(1) != 0; }
  // From the epoch to `max`.
  Instant instant(Instant max);
  // From 0 to `max`.
  Duration duration(Duration max);
  // At most `max` bytes.
  std::string_view text(size_t max);
  // Exactly `size` bytes; empty if there are not as many.
  std::string_view raw(size_t size);

  // Makes the reader fail unless `is_right`; returns whether it has not failed.
  bool check(bool is_right);
  bool ok() const { return ok_; }
  // Whether all that was read was right, and nothing is left.
  bool is_done() const { return ok_ && left_.empty(); }

 private:
  std::string_view left_;
  bool ok_ = true;
};

}  // namespace fanlight
