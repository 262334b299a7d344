// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/relay_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "capture/jpeg/jpeg_check.h"
#include "capture/relay/answer_problem.h"
#include "capture/relay/answer_text.h"
#include "capture/relay/fetch_url.h"
#include "capture/relay/field_text.h"
#include "capture/relay/redact_url.h"
#include "capture/relay/relay_chain.h"
#include "core/ascii.h"

namespace fanlight {
namespace {

// An upstream of our kind is never silent for longer than this.
constexpr Duration kSignOfLife = 2s;
// An interval that includes a pause is not the camera's rate.
constexpr Duration kIntervalMax = 60s;
constexpr double kSnapshotsPerSecond = 1;
// For an upstream of our kind, which has its snapshots ready.
constexpr Duration kPromptTimeout = 5s;
// After more than this many blank bytes nothing useful will follow.
constexpr size_t kOpeningMax = 1024;
// An upstream that sends faster than we read must not keep us from showing anything.
constexpr int kOvertakenMax = 8;
// After a damaged update or a hang-up: a whole frame this often does no harm.
constexpr Duration kReconnectEvery = 1s;

// How a server ends that was asked for a WebSocket and knows none, or that is being restarted.
bool is_hang_up(int error) {
  return error == ECONNRESET || error == EPROTO;
}

}  // namespace

RelaySource::RelaySource(std::string_view url, const SourceOptions& options, CameraClock& clock)
    : url_(url),
      shown_(redact_url(url)),
      pseudonym_(relay_pseudonym(url)),
      clock_(clock),
      timeout_(options.timeout),
      ask_every_(frame_interval(options, kSnapshotsPerSecond)),
      pace_(options.fps > 0 ? ask_every_ : Duration::zero()),
      format_{0, 0, pace_, 0},
      fetch_(
          url_, clock, timeout_, [this](std::string_view bytes) { on_body(bytes); },
          options.upstream) {
  if (options.upstream.segments) {
    socket_url_ = web_socket_url(url_);
    if (!socket_url_) say_no_updates("this is not the URL of a Fanlight's stream");
  }
  ask({});
  await_first_picture(std::min(timeout_, options.patience));
}

// Broken pictures are skipped here, because the size of a whole one is needed.
void RelaySource::await_first_picture(Duration patience) {
  std::string_view problem = "it sends no picture";
  const Instant deadline = clock_.now() + patience;
  for (;;) {
    const Wake wake = advance(deadline);
    if (wake == Wake::stop) fail(ECANCELED, "stopped while connecting");
    if (newest_.is_there) {
      const MultipartPart& part = newest_.part;
      const JpegCheck check = check_jpeg(part.body);
      if (check.ok()) {
        format_.width = check.width;
        format_.height = check.height;
        format_.jpeg_bytes_max = part.body.size();
        return;
      }
      problem = check.problem;
      newest_.is_there = false;
    }
    if (failure_) std::rethrow_exception(failure_);
    if (clock_.now() >= deadline) {
      const bool has_answer = has_head_ || kind_ != Kind::unknown;
      fail(ETIMEDOUT, has_answer ? fmt::format("no whole picture: {}", problem) : "no answer");
    }
  }
}

// All received bytes are read before a picture is handed over, so that it is the newest. But what a
// flood brings within kGapMin waits in the kernel, and then at the upstream: to read it would cost
// as much as to show it.
std::optional<Picture> RelaySource::next(Instant deadline) {
  for (;;) {
    const bool is_due = newest_.is_there && clock_.now() >= due_;
    if (is_due && (failure_ || overtaken_ >= kOvertakenMax)) return hand_over();
    if (failure_ && !newest_.is_there) std::rethrow_exception(failure_);
    const Instant due = newest_.is_there ? due_ : kNever;
    const Instant until = is_due ? Instant{} : std::min(due, deadline);
    const bool is_flooded = newest_.is_there && !is_due && pace_ == Duration::zero();
    const Wake wake = is_flooded ? clock_.wait_until(until) : advance(until);
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
  if (pace_ == Duration::zero()) {
    due_ = now + kGapMin;
  } else if (kind_ == Kind::stream) {
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
                 .number = handed_over_.sequence.value_or(0),
                 .is_repeat = newest_.is_repeat,
                 // A numbered picture is from a server like this one, and was repaired there.
                 .is_verbatim = handed_over_.sequence.has_value(),
                 .is_joined = socket_url_ && updates_.has_updates()};
}

SourceDescription RelaySource::describe() const {
  std::string how = socket_url_ ? "changed segments of" : "MJPEG stream";
  if (kind_ == Kind::snapshots) how = fmt::format("JPEG every {:.3g} s", to_seconds(ask_every_));
  return {.device = shown_,
          .format = fmt::format("{} {}x{}, passed through", how, format_.width, format_.height),
          .via = via_};
}

// One wait and its result. A failure is kept until no pictures are left.
Wake RelaySource::advance(Instant deadline) {
  if (failure_) return clock_.wait_until(deadline);
  try {
    return is_answered_ ? wait_to_ask(deadline) : receive(deadline);
  } catch (...) {
    failure_ = std::current_exception();
    return Wake::ready;
  }
}

Wake RelaySource::wait_to_ask(Instant deadline) {
  const Instant ask_at = asked_at_ + (socket_url_ ? kReconnectEvery : ask_every_);
  const Wake wake = clock_.wait_until(std::min(deadline, ask_at));
  if (wake != Wake::deadline || clock_.now() < ask_at) return wake;
  ask(fetch_.answer().etag);
  return Wake::ready;
}

// A complete snapshot is as good as the end of its response, which never arrives if the response is
// shorter than announced.
Wake RelaySource::receive(Instant deadline) {
  const Instant late = late_at();
  const auto has_snapshot = [&] { return kind_ == Kind::snapshots && pictures_ == 1; };
  Wake wake = Wake::ready;
  try {
    wake = fetch_.step(std::min(deadline, late));
    if (fetch_.is_done() && !is_answered_) on_answer_end();
  } catch (const std::system_error& error) {
    if (socket_url_ && !has_head_ && is_hang_up(error.code().value())) {
      on_hang_up();
      return Wake::ready;
    }
    if (!has_snapshot()) throw;
    is_answered_ = true;
  }
  if (is_answered_ || wake != Wake::deadline || clock_.now() < late) return wake;
  if (!has_snapshot()) fail(ETIMEDOUT, "no answer");
  is_answered_ = true;
  return Wake::ready;
}

// When the response being received is abandoned.
Instant RelaySource::late_at() const {
  if (kind_ != Kind::snapshots) return kNever;
  if (pictures_ == 0) return asked_at_ + (is_ours_ ? std::min(timeout_, kPromptTimeout) : timeout_);
  return fetch_.answer().length ? asked_at_ + std::max(ask_every_, kSignOfLife) : kNever;
}

void RelaySource::ask(const std::string& etag) {
  has_head_ = false;
  is_answered_ = false;
  opening_.clear();
  reader_.reset();
  pictures_ = 0;
  asked_at_ = clock_.now();
  if (!socket_url_) return fetch_.start(etag);
  updates_.restart();
  fetch_.open_web_socket(*socket_url_);
}

// Called from HttpFetch::step().
void RelaySource::on_body(std::string_view bytes) {
  if (socket_url_ && fetch_.answer().status == 0) fail(EPROTO, "not a web server");
  if (!has_head_) on_head(bytes);
  if (socket_url_) return on_socket_bytes(bytes);
  if (reader_) return read(bytes);
  opening_ += bytes;
  if (choose_reader(false)) read(std::exchange(opening_, {}));
}

void RelaySource::on_head(std::string_view body) {
  const HttpAnswer& answer = fetch_.answer();
  has_head_ = true;
  hang_ups_ = 0;
  if (kind_ == Kind::snapshots && answer.status == 304) return;
  if (repeats_url(body, url_)) body = {};
  if (const auto problem = find_problem(answer.status, body)) fail(problem->error, problem->words);
  is_ours_ = is_ours_ || !answer.sequence.empty();
  try {
    via_ = extend_relay_chain(answer.via, pseudonym_);
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), shown_ + ": " + error.what());
  }
}

// Decides by the body's first bytes. Text may precede the first delimiter if the type is multipart,
// not otherwise. False when there are too few bytes.
bool RelaySource::choose_reader(bool is_all) {
  const HttpAnswer& answer = fetch_.answer();
  const bool says_multipart = starts_with_ignoring_case(answer.content_type, "multipart/");
  const BodyKind body = look_at_body(opening_);
  if (body == BodyKind::unknown && !is_all && opening_.size() < kOpeningMax) return false;
  is_multipart_ = body != BodyKind::jpeg && (says_multipart || body == BodyKind::multipart);
  if (is_multipart_) {
    reader_.emplace(says_multipart ? answer.content_type : "", kPictureBytesMax);
    kind_ = Kind::stream;
    return true;
  }
  if (body != BodyKind::jpeg) {
    const std::string said = repeats_url(opening_, url_) ? "" : said_in(opening_);
    if (answer.status == 0) fail(EPROTO, "not a web server" + said);
    fail(EPROTO, fmt::format("neither an MJPEG stream nor a JPEG: Content-Type is '{}'{}",
                             answer_text(answer.content_type),
                             opening_.empty() ? ", and the body is empty" : said));
  }
  reader_ = MultipartReader::of_jpegs(answer.length, kPictureBytesMax);
  kind_ = Kind::snapshots;
  format_.interval = ask_every_;
  return true;
}

void RelaySource::read(std::string_view bytes) {
  for (;;) {
    switch (reader_->read(bytes)) {
      case MultipartReader::Event::none:
        return;
      case MultipartReader::Event::part:
        on_part();
        break;
      case MultipartReader::Event::end:
        fail(ECONNRESET, "the stream ended");
      case MultipartReader::Event::too_large:
        fail(EMSGSIZE, "no picture within 32 MB");
    }
  }
}

// One JPEG is a snapshot; if a second one follows it is a stream.
void RelaySource::on_part() {
  reader_->take(receiving_);
  ++pictures_;
  if (!is_multipart_ && pictures_ == 1) {
    receiving_.captured = parse_timestamp(fetch_.answer().timestamp);
  }
  if (kind_ == Kind::snapshots && pictures_ == 2) {
    kind_ = Kind::stream;
    format_.interval = pace_;
  }
  on_picture(receiving_);
}

void RelaySource::on_answer_end() {
  const long status = fetch_.answer().status;
  if (socket_url_ && status != 101 && !is_transient(status)) {
    return pull_whole_frames(fmt::format("it answers with status {}", status));
  }
  if (!has_head_) on_head({});
  if (socket_url_) fail(ECONNRESET, "the stream ended");
  if (fetch_.answer().status == 304) return on_not_modified();
  if (!reader_ && opening_.empty() && kind_ == Kind::snapshots) {
    is_answered_ = true;  // no picture this time
    return;
  }
  if (!reader_ && choose_reader(true)) read(std::exchange(opening_, {}));
  if (!is_multipart_ && reader_->finish()) on_part();
  if (kind_ == Kind::stream) fail(ECONNRESET, "the stream ended");
  is_answered_ = true;
}

void RelaySource::on_not_modified() {
  is_answered_ = true;
  if (newest_.is_there) return;
  if (handed_over_.body.empty()) fail(EPROTO, "unexpected status 304");
  repeat();
}

// The picture that was handed over last is the current one.
void RelaySource::repeat() {
  std::swap(newest_.part, handed_over_);
  newest_.is_there = true;
  newest_.is_repeat = true;
  newest_.arrived = clock_.now();
}

// A sign of life must not replace a picture that has not been shown.
void RelaySource::on_picture(MultipartPart& part) {
  const bool repeats = is_repeat(part);
  if (newest_.is_there && !newest_.is_repeat) {
    if (repeats) return;
    ++overtaken_;
    if (pace_ == Duration::zero()) ++losses_.late;  // nobody asked for fewer
  }
  is_ours_ = is_ours_ || part.sequence.has_value();
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

// How long to wait for a sign of life before the camera counts as stuck. After a longer gap it
// decreases slowly, because the next gap may be as long. Where only changes are sent, it may be
// that of the signs of life at any time, however quickly they have followed one another.
void RelaySource::measure_interval() {
  Duration gap = pace_;
  if (last_arrival_ != Instant{}) {
    gap = std::min(newest_.arrived - last_arrival_, kIntervalMax);
  } else if (handed_over_.sequence) {
    gap = kSignOfLife;
  }
  last_arrival_ = newest_.arrived;
  const Duration silence = socket_url_ ? kSignOfLife : Duration::zero();
  format_.interval = std::max({pace_, gap, silence, format_.interval - format_.interval / 8});
}

void RelaySource::fail(int error, std::string_view what) const {
  throw std::system_error(error, std::system_category(), fmt::format("{}: {}", shown_, what));
}

}  // namespace fanlight
