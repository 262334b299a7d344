// SPDX-License-Identifier: Apache-2.0
#include "capture/relay_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "capture/jpeg_check.h"
#include "capture/redact_url.h"
#include "capture/relay_chain.h"

namespace fanlight {
namespace {

// An upstream of our kind is never silent for longer.
constexpr Duration kSignOfLife = 2s;
// A picture that came after a pause says nothing of the camera's rate.
constexpr Duration kIntervalMax = 60s;
constexpr double kSnapshotsPerSecond = 1;
// An upstream that sends faster than we look must not keep us from showing anything.
constexpr int kOvertakenMax = 8;

// The ring's places are as large as this for good (memory is touched only as far as it is used),
// and JPEGs of the same camera vary with what it sees. Of a slate nothing can be concluded.
size_t room_for(size_t jpeg_size, int width, int height, bool is_slate) {
  const size_t least = size_t{1} << (is_slate ? 23 : 20);
  const auto pixels = static_cast<size_t>(width) * static_cast<size_t>(height);
  return std::min(std::max({least, 4 * jpeg_size, pixels}), RelaySource::kPictureBytesMax);
}

bool is_type(std::string_view content_type, std::string_view lower_case) {
  return content_type.size() >= lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), content_type.begin(),
                    [](char a, char b) { return a == b || (b >= 'A' && b <= 'Z' && a == b + 32); });
}

}  // namespace

RelaySource::RelaySource(std::string_view url, const SourceOptions& options, CameraClock& clock,
                         Duration timeout)
    : url_(url),
      shown_(redact_url(url)),
      pseudonym_(relay_pseudonym(url)),
      clock_(clock),
      timeout_(timeout),
      ask_every_(frame_interval(options, kSnapshotsPerSecond)),
      pace_(options.fps > 0 ? ask_every_ : Duration::zero()),
      format_{0, 0, pace_, 0},
      fetch_(url_, clock, timeout, [this](std::string_view bytes) { on_body(bytes); }) {
  ask({});
  await_first_picture();
}

// Broken pictures are passed over here, because the size of one that is whole is wanted.
void RelaySource::await_first_picture() {
  std::string_view problem = "it sends no picture";
  Instant deadline = clock_.now() + timeout_;
  bool had_head = false;
  for (;;) {
    const Wake wake = advance(deadline);
    if (wake == Wake::stop) fail(ECANCELED, "stopped while connecting");
    if (has_head_ && !had_head) deadline = clock_.now() + timeout_;
    had_head = had_head || has_head_;
    if (newest_.is_there) {
      const MultipartPart& part = newest_.part;
      const JpegCheck check = check_jpeg(part.body);
      if (check.ok()) {
        format_.width = check.width;
        format_.height = check.height;
        format_.jpeg_bytes_max =
            room_for(part.body.size(), check.width, check.height, !part.slate_reason.empty());
        return;
      }
      problem = check.problem;
      newest_.is_there = false;
    }
    if (failure_) std::rethrow_exception(failure_);
    if (clock_.now() >= deadline) {
      fail(ETIMEDOUT, had_head ? fmt::format("no whole picture: {}", problem) : "no answer");
    }
  }
}

// Whatever has come is read before a picture is handed over, so that it is the newest.
std::optional<Picture> RelaySource::next(Instant deadline) {
  for (;;) {
    const bool is_due = newest_.is_there && clock_.now() >= due_;
    if (is_due && (failure_ || overtaken_ >= kOvertakenMax)) return hand_over();
    if (failure_ && !newest_.is_there) std::rethrow_exception(failure_);
    const Instant due = newest_.is_there ? due_ : kNever;
    const Wake wake = advance(is_due ? Instant{} : std::min(due, deadline));
    if (wake == Wake::stop) return std::nullopt;
    if (is_due && wake != Wake::ready) return hand_over();
    const bool may_go_on = wake != Wake::interrupted && clock_.now() < deadline;
    if (!may_go_on && !(newest_.is_there && clock_.now() >= due_)) return std::nullopt;
  }
}

Picture RelaySource::hand_over() {
  std::swap(newest_.part, handed_over_);
  newest_.is_there = false;
  overtaken_ = 0;
  const Instant now = clock_.now();
  if (pace_ > Duration::zero() && kind_ == Kind::stream) {
    if (due_ == Instant{}) due_ = now;
    due_ += pace_ * ((now - due_) / pace_ + 1);
  }
  measure_interval();
  return Picture{.jpeg = handed_over_.body,
                 .raw = {},
                 .width = format_.width,
                 .height = format_.height,
                 .captured_wall = newest_.captured,
                 .captured_at = newest_.arrived,
                 .slate_reason = handed_over_.slate_reason,
                 .is_repeat = newest_.is_repeat,
                 // What has a number comes from a server like this one, and was mended there.
                 .is_verbatim = handed_over_.sequence.has_value()};
}

SourceDescription RelaySource::describe() const {
  const std::string how = kind_ == Kind::stream
                              ? std::string("MJPEG stream")
                              : fmt::format("JPEG every {:.3g} s", to_seconds(ask_every_));
  return {.device = shown_,
          .format = fmt::format("{} {}x{}, passed through", how, format_.width, format_.height),
          .via = via_};
}

// One wait, and what comes of it. What goes wrong is kept until there are no pictures left.
Wake RelaySource::advance(Instant deadline) {
  if (failure_) return clock_.wait_until(deadline);
  try {
    if (kind_ == Kind::snapshots) return advance_snapshots(deadline);
    const Wake wake = fetch_.step(deadline);
    if (!fetch_.is_done()) return wake;
    if (!has_head_) on_head(fetch_.answer());  // an answer without a body
    if (kind_ == Kind::stream) fail(ECONNRESET, "the stream ended");
    on_snapshot_end();
    return wake;
  } catch (...) {
    failure_ = std::current_exception();
    return Wake::ready;
  }
}

Wake RelaySource::advance_snapshots(Instant deadline) {
  if (fetch_.is_done()) {
    const Instant ask_at = asked_at_ + ask_every_;
    const Wake wake = clock_.wait_until(std::min(deadline, ask_at));
    if (wake != Wake::deadline || clock_.now() < ask_at) return wake;
    ask(fetch_.answer().etag);
    return Wake::ready;
  }
  const Instant late_at = asked_at_ + timeout_;
  const Wake wake = fetch_.step(std::min(deadline, late_at));
  if (!fetch_.is_done()) {
    if (wake == Wake::deadline && clock_.now() >= late_at) fail(ETIMEDOUT, "no answer");
    return wake;
  }
  if (!has_head_) on_head(fetch_.answer());
  on_snapshot_end();
  return Wake::ready;
}

void RelaySource::ask(const std::string& etag) {
  has_head_ = false;
  receiving_.body.clear();
  asked_at_ = clock_.now();
  fetch_.start(etag);
}

// Out of HttpFetch::step().
void RelaySource::on_body(std::string_view bytes) {
  if (!has_head_) on_head(fetch_.answer());
  if (kind_ == Kind::stream) return on_stream(bytes);
  if (receiving_.body.size() + bytes.size() > kPictureBytesMax) {
    fail(EMSGSIZE, "a picture of more than 32 MB");
  }
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  receiving_.body.insert(receiving_.body.end(), begin, begin + bytes.size());
}

void RelaySource::on_head(const HttpAnswer& answer) {
  has_head_ = true;
  if (kind_ == Kind::snapshots && answer.status == 304) return;
  switch (answer.status) {
    case 200:
      break;
    case 401:
      fail(EACCES, "it wants user and password, as http://USER:PASSWORD@HOST/, or others");
    case 403:
      fail(EACCES, "it forbids this (403)");
    case 404:
      fail(ENOENT, "there is nothing at this path (404)");
    case 503:
      fail(EAGAIN, "it is full, or its camera is away (503)");
    default:
      fail(EPROTO, fmt::format("it answers with status {}", answer.status));
  }
  try {
    via_ = extend_relay_chain(answer.via, pseudonym_);
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), shown_ + ": " + error.what());
  }
  const bool is_stream = is_type(answer.content_type, "multipart/");
  const bool is_picture =
      is_type(answer.content_type, "image/jpeg") || is_type(answer.content_type, "image/jpg");
  if ((!is_stream && !is_picture) || (kind_ == Kind::snapshots && !is_picture)) {
    fail(EPROTO, fmt::format("neither an MJPEG stream nor a JPEG: Content-Type is '{}'",
                             answer.content_type));
  }
  if (is_stream) reader_.emplace(answer.content_type, kPictureBytesMax);
  kind_ = is_stream ? Kind::stream : Kind::snapshots;
  if (is_picture) format_.interval = ask_every_;
}

void RelaySource::on_stream(std::string_view bytes) {
  for (;;) {
    switch (reader_->read(bytes)) {
      case MultipartReader::Event::none:
        return;
      case MultipartReader::Event::part:
        reader_->take(receiving_);
        on_picture(receiving_);
        break;
      case MultipartReader::Event::end:
        fail(ECONNRESET, "the stream ended");
      case MultipartReader::Event::too_large:
        fail(EMSGSIZE, "a picture of more than 32 MB, or none in as many bytes");
    }
  }
}

void RelaySource::on_snapshot_end() {
  if (fetch_.answer().status != 304) {
    receiving_.captured = parse_timestamp(fetch_.answer().timestamp);
    if (!receiving_.body.empty()) on_picture(receiving_);
    return;
  }
  if (newest_.is_there) return;
  if (handed_over_.body.empty()) fail(EPROTO, "it answers 304 though it was not asked whether");
  std::swap(newest_.part, handed_over_);
  newest_.is_there = true;
  newest_.is_repeat = true;
  newest_.arrived = clock_.now();
}

// A sign of life must not take the place of a picture that nobody has seen.
void RelaySource::on_picture(MultipartPart& part) {
  const bool repeats = is_repeat(part);
  if (newest_.is_there && !newest_.is_repeat) {
    if (repeats) return;
    ++overtaken_;
  }
  if (part.sequence && part.captured && !repeats) last_captured_ = part.captured;
  std::swap(newest_.part, part);
  newest_.arrived = clock_.now();
  newest_.captured = newest_.part.captured.value_or(clock_.wall_now());
  newest_.is_there = true;
  newest_.is_repeat = repeats;
}

bool RelaySource::is_repeat(const MultipartPart& part) const {
  return part.sequence && part.captured && last_captured_ && *part.captured <= *last_captured_;
}

// How long one has to wait for a sign of life, for those who judge whether the camera is stuck.
// After a longer gap it falls slowly, because the next one may be as long.
void RelaySource::measure_interval() {
  Duration gap = pace_;
  if (last_arrival_ != Instant{}) {
    gap = std::min(newest_.arrived - last_arrival_, kIntervalMax);
  } else if (handed_over_.sequence) {
    gap = kSignOfLife;
  }
  last_arrival_ = newest_.arrived;
  format_.interval = std::max({pace_, gap, format_.interval - format_.interval / 8});
}

void RelaySource::fail(int error, std::string_view what) const {
  throw std::system_error(error, std::system_category(), fmt::format("{}: {}", shown_, what));
}

}  // namespace fanlight
