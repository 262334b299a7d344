// SPDX-License-Identifier: Apache-2.0
#include "http/protocol/request_reader.h"

#include "core/check.h"

namespace fanlight {

RequestReader::Step RequestReader::read() noexcept {
  return head_is_read_ ? read_body() : read_head();
}

RequestReader::Step RequestReader::read_head() noexcept {
  switch (parser_.parse(input())) {
    case ParseStatus::bad:
      return refuse(parser_.error_status(), parser_.error_reason());
    case ParseStatus::partial:
      if (!room().empty()) return Step::receive;
      if (parser_.in_request_line()) return refuse(414, "the request line is too long");
      return refuse(431, "the request head is too long");
    case ParseStatus::done:
      break;
  }
  head_is_read_ = true;
  body_left_ = request().content_length;
  return Step::head;
}

bool RequestReader::begin_body(bool keep) noexcept {
  keeps_body_ = keep;
  const bool has_begun = input_size_ > request().head_size;
  return request().expects_continue && request().minor_version >= 1 && !has_begun &&
         body_left_ > 0 && body_left_ <= kBodyBytesMax;
}

RequestReader::Step RequestReader::read_body() noexcept {
  if (body_left_ > kBodyBytesMax) return refuse(413, "the request body is too long");
  if (!keeps_body_) {
    discard_body();
  } else if (const std::string_view behind = input().substr(request().head_size);
             behind.size() >= body_left_) {
    parser_.take_body(behind.substr(0, body_left_));
    body_left_ = 0;
  }
  if (body_left_ == 0) return Step::request;
  // A head that fills the buffer leaves no room to receive the body.
  if (room().empty()) return refuse(413, "the head leaves no room for a body");
  return Step::receive;
}

// The head stays, because the answer is made from it. The body after it is removed.
void RequestReader::discard_body() noexcept {
  const size_t head_size = request().head_size;
  const size_t bytes = std::min<uint64_t>(input_size_ - head_size, body_left_);
  erase(head_size, bytes);
  body_left_ -= bytes;
}

bool RequestReader::next() noexcept {
  CHECK(head_is_read_ && body_left_ == 0);
  erase(0, request().head_size + request().body.size());
  parser_.reset();
  head_is_read_ = false;
  return input_size_ > 0;
}

// What follows moves up; what precedes stays in place.
void RequestReader::erase(size_t offset, size_t bytes) noexcept {
  CHECK(offset + bytes <= input_size_);
  char* to = input_.data() + offset;
  std::copy(to + bytes, input_.data() + input_size_, to);
  input_size_ -= bytes;
}

RequestReader::Step RequestReader::refuse(int status, std::string_view reason) noexcept {
  error_status_ = status;
  error_reason_ = reason;
  return Step::refuse;
}

}  // namespace fanlight
