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
  const bool has_body = request().is_chunked || (body_left_ > 0 && body_left_ <= kBodyBytesMax);
  return request().expects_continue && request().minor_version >= 1 && !has_begun && has_body;
}

RequestReader::Step RequestReader::read_body() noexcept {
  if (request().is_chunked) return read_chunks();
  if (body_left_ > kBodyBytesMax) return refuse(413, "the request body is too long");
  if (!keeps_body_) {
    discard_body();
  } else if (const std::string_view behind = input().substr(request().head_size);
             behind.size() >= body_left_) {
    parser_.take_body(behind.substr(0, body_left_));
    body_left_ = 0;
  }
  if (body_left_ == 0) {
    body_is_read_ = true;
    return Step::request;
  }
  // A head that fills the buffer leaves no room to receive the body.
  if (room().empty()) return refuse(413, "the head leaves no room for a body");
  return Step::receive;
}

// Decoded in place: behind the head is what is kept of the body, then what was received since.
RequestReader::Step RequestReader::read_chunks() noexcept {
  const size_t begin = request().head_size + kept_bytes_;
  const ChunkedReader::Result result =
      chunks_.decode(std::span(input_).subspan(begin, input_size_ - begin));
  const size_t kept = keeps_body_ ? result.data : 0;
  erase(begin + kept, result.taken - kept);
  kept_bytes_ += kept;
  chunked_bytes_ += result.data;
  switch (result.status) {
    case ChunkedReader::Status::bad:
      return refuse(400, "malformed chunk");
    case ChunkedReader::Status::too_long:
      return refuse(413, "the chunks of the request body are too long");
    case ChunkedReader::Status::more:
    case ChunkedReader::Status::done:
      break;
  }
  if (chunked_bytes_ > kBodyBytesMax) return refuse(413, "the request body is too long");
  if (result.status == ChunkedReader::Status::done) {
    parser_.take_body(input().substr(request().head_size, kept_bytes_));
    body_is_read_ = true;
    return Step::request;
  }
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
  CHECK(body_is_read_);
  erase(0, request().head_size + request().body.size());
  parser_.reset();
  head_is_read_ = false;
  body_is_read_ = false;
  chunks_ = ChunkedReader();
  chunked_bytes_ = 0;
  kept_bytes_ = 0;
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
