// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/nats_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "capture/relay/redact_url.h"
#include "capture/relay/relay_chain.h"

namespace fanlight {
namespace {

// A publisher repeats its frame when there has been none for this long.
constexpr Duration kSignOfLife = 2s;
// An interval that includes a pause is not the camera's rate.
constexpr Duration kIntervalMax = 60s;
// What arrives faster than it is read must not keep us from showing anything.
constexpr int kOvertakenMax = 8;

Credit::Kind kind_of(FrameJoiner::Event event, const FrameHeader& header) {
  if (event == FrameJoiner::Event::out_of_step) return Credit::Kind::out_of_step;
  return header.update > 0 ? Credit::Kind::update : Credit::Kind::whole;
}

}  // namespace

NatsLogin nats_login(const NatsAddress& address, const SourceOptions& options) {
  const UpstreamOptions& upstream = options.upstream;
  if (!upstream.headers.empty() || !upstream.pin.empty() || upstream.segments) {
    throw std::invalid_argument(
        "headers, tls.pin and segments are for http:// and https://, not for NATS");
  }
  return {.address = address,
          .credentials = upstream.credentials,
          .ca = upstream.ca,
          .insecure = upstream.insecure,
          .timeout = std::min(options.timeout, options.patience)};
}

NatsSource::NatsSource(std::string_view url, const SourceOptions& options, CameraClock& clock,
                       const NatsConnect& connect)
    : address_(parse_nats_url(url)),
      shown_(redact_url(url)),
      pseudonym_(relay_pseudonym(url)),
      clock_(clock),
      pace_(options.fps > 0 ? frame_interval(options, 1) : Duration::zero()),
      format_{0, 0, pace_, 0},
      link_(connect(nats_login(address_, options))) {
  await_first_picture(std::min(options.timeout, options.patience));
}

void NatsSource::await_first_picture(Duration patience) {
  const Instant deadline = clock_.now() + patience;
  order_messages();
  while (!newest_.is_there) {
    if (advance(deadline) == Wake::stop) fail(ECANCELED, "stopped while connecting");
    if (clock_.now() < deadline || newest_.is_there) continue;
    fail(ETIMEDOUT, losses_.damaged > 0 ? "only messages that are no pictures" : "no picture");
  }
  format_.width = newest_.width;
  format_.height = newest_.height;
  format_.jpeg_bytes_max = newest_.bytes.size();
}

std::optional<Picture> NatsSource::next(Instant deadline) {
  for (;;) {
    const bool is_due = newest_.is_there && clock_.now() >= due_;
    if (is_due && overtaken_ >= kOvertakenMax) return hand_over();
    const Instant due = newest_.is_there ? due_ : kNever;
    const Wake wake = advance(is_due ? Instant{} : std::min(due, deadline));
    if (wake == Wake::stop) return std::nullopt;
    if (is_due && wake != Wake::ready) return hand_over();
    const bool may_go_on = wake != Wake::interrupted && clock_.now() < deadline;
    if (!may_go_on && !(newest_.is_there && clock_.now() >= due_)) return std::nullopt;
  }
}

Wake NatsSource::advance(Instant deadline) {
  pollfd ready{link_->fd(), POLLIN, 0};
  if (link_->is_sending()) ready.events |= POLLOUT;
  const Instant until = std::min(deadline, credit_.due());
  Wake wake = clock_.wait({&ready, 1}, until);
  if (wake == Wake::ready) {
    link_->step(ready.revents);
    read_messages();
  }
  if (wake != Wake::stop) order_messages();
  if (wake == Wake::deadline && until < deadline) wake = Wake::ready;  // go on
  return wake;
}

void NatsSource::order_messages() {
  while (const auto order = credit_.take_order(clock_.now())) {
    if (order->is_new) {
      link_->subscribe(address_.subject, order->limit);
    } else {
      link_->extend(order->limit);
    }
  }
}

void NatsSource::read_messages() {
  while (const auto message = link_->next()) {
    credit_.note_message(clock_.now());
    on_message(*message);
  }
}

void NatsSource::on_message(const NatsMessage& message) {
  FrameHeader header;
  const std::string_view problem = read_frame_header(message.fields, header);
  if (!problem.empty()) return damaged(problem);
  if (!is_of_chosen(header)) return;
  credit_.note_parts(header.parts, header.update > 0);
  switch (assembler_.take_part(header, message.payload)) {
    case FrameAssembler::Event::none:
      return;
    case FrameAssembler::Event::partial:
      return;  // counted as a gap, if the frame was to be received
    case FrameAssembler::Event::damaged:
      return damaged(assembler_.problem());
    case FrameAssembler::Event::frame:
      return on_frame(header);
  }
}

bool NatsSource::is_of_chosen(const FrameHeader& header) {
  const bool is_first = choice_.chosen().empty();
  switch (choice_.judge(header.publisher, clock_.now())) {
    case PublisherChoice::Verdict::other:
      ++losses_.damaged;
      log_gated(other_gate_, clock_.now(), LogLevel::warning,
                "{}: two publishers: shown is {}, which started last, and not {}", shown_,
                choice_.chosen(), header.publisher);
      return false;
    case PublisherChoice::Verdict::taken:
      log_warning("{}: the publisher that was shown is silent; from now on it is {}", shown_,
                  header.publisher);
      fail(EADDRINUSE, "there were two publishers");
    case PublisherChoice::Verdict::changed:
      number_ = received_ = sequence_ = 0;
      joiner_.restart();
      return true;
    case PublisherChoice::Verdict::chosen:
      break;
  }
  if (is_first) log_debug("{}: publisher {}", shown_, header.publisher);
  return true;
}

// Of one publisher, numbers rise: others are of a forger, or repeated by someone.
void NatsSource::on_frame(const FrameHeader& header) {
  assembler_.take(receiving_);
  if (header.number <= number_ || header.sequence < sequence_) return damaged("an old frame");
  const bool was_missed = note_gap(header);
  const FrameJoiner::Event event = joiner_.take(header, receiving_);
  if (event == FrameJoiner::Event::damaged) return damaged(joiner_.problem());
  try {
    via_ = extend_relay_chain(header.via, pseudonym_);
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), fmt::format("{}: {}", shown_, error.what()));
  }
  const bool repeats = header.sequence == sequence_;
  const bool is_known = header.sequence == std::exchange(received_, header.sequence);
  // A whole frame may be as old as a picture that has stood still since it was, or should have
  // been, received as an update.
  const bool may_be_old = is_known || (was_missed && header.update == 0 && joiner_.has_updates());
  const auto age =
      may_be_old ? std::nullopt : std::optional<Duration>(clock_.wall_now() - header.captured);
  if (!credit_.note_frame(age, kind_of(event, header))) {
    if (!is_known) ++losses_.late;
    return;
  }
  if (event == FrameJoiner::Event::out_of_step) {
    if (sequence_ > 0) ++losses_.late;
    return;
  }
  sequence_ = header.sequence;
  if (newest_.is_there && !newest_.is_repeat) {
    if (repeats) return;
    ++overtaken_;
    if (pace_ == Duration::zero()) ++losses_.late;
  }
  std::swap(newest_.bytes, receiving_);
  newest_.header = header;
  newest_.arrived = clock_.now();
  newest_.width = joiner_.width();
  newest_.height = joiner_.height();
  newest_.is_there = true;
  newest_.is_repeat = repeats;
  newest_.is_joined = joiner_.has_updates();
}

bool NatsSource::note_gap(const FrameHeader& header) {
  const uint64_t missing = number_ == 0 ? 0 : header.number - number_ - 1;
  number_ = header.number;
  (credit_.is_streaming() ? losses_.lost : losses_.late) += missing;
  return missing > 0;
}

void NatsSource::damaged(std::string_view problem) {
  ++losses_.damaged;
  log_gated(damage_gate_, clock_.now(), LogLevel::warning, "{}: dropped a message: {}", shown_,
            problem);
}

Picture NatsSource::hand_over() {
  std::swap(newest_, handed_over_);
  newest_.is_there = false;
  overtaken_ = 0;
  const Instant now = clock_.now();
  if (pace_ == Duration::zero()) {
    due_ = now + kGapMin;
  } else {
    if (due_ == Instant{}) due_ = now;
    due_ += pace_ * ((now - due_) / pace_ + 1);
  }
  measure_interval();
  return Picture{.jpeg = handed_over_.bytes,
                 .raw = {},
                 .width = handed_over_.width,
                 .height = handed_over_.height,
                 .captured_wall = handed_over_.header.captured,
                 .captured_at = handed_over_.arrived,
                 .slate_reason = handed_over_.header.slate,
                 .number = handed_over_.header.sequence,
                 .is_repeat = handed_over_.is_repeat,
                 .is_verbatim = true,
                 .is_joined = handed_over_.is_joined};
}

// How long to wait for a sign of life before the camera counts as stuck: also between updates, as
// what does not change is not published.
void NatsSource::measure_interval() {
  Duration gap = kSignOfLife;
  if (last_arrival_ != Instant{})
    gap = std::min(handed_over_.arrived - last_arrival_, kIntervalMax);
  last_arrival_ = handed_over_.arrived;
  const Duration silence = handed_over_.is_joined ? kSignOfLife : Duration::zero();
  format_.interval = std::max({pace_, gap, silence, format_.interval - format_.interval / 8});
}

SourceDescription NatsSource::describe() const {
  return {.device = shown_,
          .format = fmt::format("NATS {}x{}, passed through", format_.width, format_.height),
          .via = via_};
}

void NatsSource::fail(int error, std::string_view what) const {
  throw std::system_error(error, std::system_category(), fmt::format("{}: {}", shown_, what));
}

}  // namespace fanlight
