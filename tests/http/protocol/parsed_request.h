// SPDX-License-Identifier: Apache-2.0
// Parses a request for a test.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "http/protocol/request.h"

namespace fanlight {

// Memory that ends at an unreadable page: reading one byte too far ends the test.
class GuardedText {
 public:
  explicit GuardedText(std::string_view text) {
    page_ = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    size_ = (text.size() / page_ + 2) * page_;
    base_ = static_cast<char*>(
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_NE(base_, MAP_FAILED);
    EXPECT_EQ(::mprotect(base_ + size_ - page_, page_, PROT_NONE), 0);
    char* start = base_ + size_ - page_ - text.size();
    std::memcpy(start, text.data(), text.size());
    text_ = {start, text.size()};
  }
  ~GuardedText() { ::munmap(base_, size_); }
  std::string_view view() const { return text_; }

 private:
  size_t page_ = 0;
  size_t size_ = 0;
  char* base_ = nullptr;
  std::string_view text_;
};

// The parser after `text`, of which it must not read a byte too many.
inline RequestParser parsed(std::string_view text, ParseStatus expected) {
  const GuardedText guarded(text);
  RequestParser parser;
  EXPECT_EQ(parser.parse(guarded.view()), expected) << text;
  return parser;
}

inline int status_of(std::string_view text) {
  return parsed(text, ParseStatus::bad).error_status();
}

struct BadRequest {
  const char* what;
  std::string_view text;
  int status;
  std::string_view reason;  // the answer's body
};

inline void expect_refused(const BadRequest& bad) {
  const RequestParser parser = parsed(bad.text, ParseStatus::bad);
  EXPECT_EQ(parser.error_status(), bad.status) << bad.what;
  EXPECT_EQ(parser.error_reason(), bad.reason) << bad.what;
}

}  // namespace fanlight
