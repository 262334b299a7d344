// SPDX-License-Identifier: Apache-2.0
// NatsSource: a camera that another Fanlight, or other software, publishes on a NATS server
// (docs/nats.md).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/nats/credit.h"
#include "capture/nats/frame_assembler.h"
#include "capture/nats/frame_joiner.h"
#include "capture/nats/nats_link.h"
#include "capture/nats/publisher_choice.h"
#include "capture/source/camera_clock.h"
#include "capture/source/source.h"
#include "core/log.h"
#include "core/time.h"

namespace fanlight {

// How to reach the server at `address`. Throws std::invalid_argument for an option that is only for
// HTTP.
NatsLogin nats_login(const NatsAddress& address, const SourceOptions& options);

// Owns: the connection; three pictures: the one being received, the newest whole one, and the one
//   handed over last, which are swapped, not copied; and the one that updates are joined with, up
//   to three times its size.
// Thread: see Source.
// Invariants: next() hands over the newest whole picture received, of one publisher
//   (publisher_choice.h), and none that is older than one before; each is a whole JPEG
//   (frame_joiner.h). What is not, messages that are no frames, and those of another publisher
//   count as damaged; frames that were not shown because a newer one was there, and updates of a
//   picture that was missed, as late; gaps in X-Number as lost, except while frames are asked for
//   one by one (credit.h).
// `fps` in the options thins out the pictures; without it two are at least kGapMin apart.
class NatsSource final : public Source {
 public:
  static constexpr Duration kGapMin = 8ms;

  // Connects, and waits for the first whole picture: `timeout` of the options, or `patience` if
  // less. Throws std::invalid_argument when `url` is not an address or an option cannot be granted;
  // std::system_error: ECANCELED at a stop, ETIMEDOUT, errors of `connect`, and those of
  // extend_relay_chain().
  NatsSource(std::string_view url, const SourceOptions& options, CameraClock& clock,
             const NatsConnect& connect);

  const SourceFormat& format() const override { return format_; }
  // Throws std::system_error when the connection is over, and EADDRINUSE when the publisher falls
  // silent and another one takes its place.
  std::optional<Picture> next(Instant deadline) override;
  SourceDescription describe() const override;
  SourceLosses losses() const override { return losses_; }

 private:
  void await_first_picture(Duration patience);
  // Waits until something has arrived, and reads it.
  Wake advance(Instant deadline);
  void order_messages();
  void read_messages();
  void on_message(const NatsMessage& message);
  bool is_of_chosen(const FrameHeader& header);
  void on_frame(const FrameHeader& header);
  // Whether messages are missing before this one.
  bool note_gap(const FrameHeader& header);
  void damaged(std::string_view problem);
  void measure_interval();
  Picture hand_over();
  [[noreturn]] void fail(int error, std::string_view what) const;

  const NatsAddress address_;
  const std::string shown_;  // the URL without secrets and subject
  const std::string pseudonym_;
  CameraClock& clock_;
  const Duration pace_;  // least time between two pictures; 0: kGapMin
  SourceFormat format_;
  std::string via_;  // the relays upstream, and this one

  std::unique_ptr<NatsLink> link_;
  Credit credit_;
  PublisherChoice choice_;
  FrameAssembler assembler_;
  FrameJoiner joiner_;
  uint64_t number_ = 0;    // of the chosen publisher's newest message
  uint64_t received_ = 0;  // of its newest frame
  uint64_t sequence_ = 0;  // of the newest that is shown
  SourceLosses losses_;
  LogGate damage_gate_, other_gate_;

  struct Newest {
    std::vector<std::byte> bytes;
    FrameHeader header;
    Instant arrived{};
    int width = 0;
    int height = 0;
    bool is_there = false;
    bool is_repeat = false;
    bool is_joined = false;
  };
  std::vector<std::byte> receiving_;
  Newest newest_;
  Newest handed_over_;
  Instant last_arrival_{};
  Instant due_{};  // when the next picture may be handed over
  int overtaken_ = 0;
};

}  // namespace fanlight
