// SPDX-License-Identifier: Apache-2.0
// Pictures whose every byte follows from their sequence number and size: a receiver can tell a
// torn, a mixed or a stale one from a whole one without having seen the original.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace fanlight {

// FF D8, "FL", size (32 bits), sequence (64 bits), pattern, FF D9; native byte order.
inline constexpr size_t kTestPictureSizeMin = 18;

// Fills `picture` (at least kTestPictureSizeMin bytes) with the picture of this sequence number.
void write_test_picture(std::span<std::byte> picture, uint64_t sequence);

// The sequence number of a whole picture; nothing if any byte is wrong.
std::optional<uint64_t> read_test_picture(std::string_view picture);

}  // namespace fanlight
