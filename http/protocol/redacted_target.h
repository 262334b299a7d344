// SPDX-License-Identifier: Apache-2.0
// RedactedTarget: a request's target as it may be shown: whoever knows the signature of a link may
// watch, so `***` stands for it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace fanlight {

// Owns: a copy of the beginning, of up to kBytesMax bytes. Thread: one.
template <size_t kBytesMax>
class RedactedTarget {
 public:
  explicit RedactedTarget(std::string_view target) noexcept {
    constexpr std::string_view kName = "sig=";
    const size_t query = std::min(target.find('?'), target.size());
    add(target.substr(0, query));
    target.remove_prefix(query);
    // Each round takes a '?' or '&' and the parameter behind it.
    while (!target.empty()) {
      const size_t size = std::min(target.find('&', 1), target.size());
      const std::string_view parameter = target.substr(1, size - 1);
      const bool is_secret = parameter.starts_with(kName);
      add(target.substr(0, is_secret ? 1 + kName.size() : size));
      if (is_secret) add("***");
      target.remove_prefix(size);
    }
  }

  std::string_view view() const noexcept { return {bytes_.data(), size_}; }

 private:
  void add(std::string_view text) noexcept {
    size_ += text.copy(bytes_.data() + size_, bytes_.size() - size_);
  }

  std::array<char, kBytesMax> bytes_;
  size_t size_ = 0;
};

}  // namespace fanlight
