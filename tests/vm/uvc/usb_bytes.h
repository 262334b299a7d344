// SPDX-License-Identifier: Apache-2.0
// UsbBytes: numbers in USB's byte order, the lowest byte first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fanlight {

// Owns: the bytes. Thread: any one.
class UsbBytes {
 public:
  UsbBytes& u8(size_t value) {
    bytes_.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  UsbBytes& u16(size_t value) { return u8(value & 0xff).u8(value >> 8 & 0xff); }
  UsbBytes& u32(size_t value) { return u16(value & 0xffff).u16(value >> 16 & 0xffff); }
  UsbBytes& zeros(size_t count) {
    bytes_.insert(bytes_.end(), count, 0);
    return *this;
  }
  UsbBytes& bytes(const std::vector<uint8_t>& others) {
    bytes_.insert(bytes_.end(), others.begin(), others.end());
    return *this;
  }

  const std::vector<uint8_t>& get() const { return bytes_; }

  // A descriptor of this type with these contents: its length, its type, then these bytes.
  std::vector<uint8_t> descriptor(uint8_t type) const {
    return UsbBytes().u8(bytes_.size() + 2).u8(type).bytes(bytes_).get();
  }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace fanlight
