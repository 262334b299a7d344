// SPDX-License-Identifier: Apache-2.0
// RelaySource: another server's camera: its MJPEG stream, or its snapshots one after the other. A
// tree of Fanlights relaying each other lets one camera serve more viewers than one network link
// can.
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "capture/relay/http_fetch.h"
#include "capture/relay/multipart_reader.h"
#include "capture/relay/update_reader.h"
#include "capture/source/camera_clock.h"
#include "capture/source/source.h"
#include "core/log.h"
#include "core/time.h"

namespace fanlight {

// Owns: the connection; three pictures: the one being received, the newest whole one, and the one
//   handed over last. They are swapped, not copied.
// Thread: see Source.
// Invariant: next() hands over the newest whole picture received. `fps` in the options thins out a
//   stream, and is the rate at which snapshots are requested (once a second by default). Without
//   it two pictures of a stream are at least kGapMin apart: each costs a send for each viewer,
//   however small it is. Those that are not handed over for that reason count as late.
//
// The first bytes of a response determine its kind: a delimiter begins a stream; SOI begins a
// snapshot, which is requested again when it has ended, or a stream when another picture follows
// it. Status 206 is as good as 200. Any other response is refused, with its text in the error.
//
// The capture time is X-Timestamp, else when the picture was complete. A picture that an upstream
// of our kind (it numbers them: X-Sequence) sends again, or that is older than the previous one, is
// a sign of life (Picture::is_repeat): thus a slate that circulates in a loop of relays comes to
// rest. The loop itself is refused when it closes: see relay_chain.h. An upstream of our kind is
// never silent; others may be, see Source::may_be_silent().
//
// With `segments` in the options the stream is a WebSocket, which sends updates in place of whole
// frames (update_reader.h); an empty one is a sign of life. Damage is counted, and a new connection
// begins with a whole frame. An upstream without such a WebSocket is pulled as any other: one that
// refuses it for good (not is_transient()), or hangs up on two requests in a row.
class RelaySource final : public Source {
 public:
  // Larger pictures end the connection.
  static constexpr size_t kPictureBytesMax = 32 << 20;
  // Where `fps` is not given: 125 pictures a second are more than cameras deliver and most screens
  // show.
  static constexpr Duration kGapMin = 8ms;

  // Connects, and waits for the first whole picture: `timeout` of the options, or `patience` if
  // less. `url`: http:// or https://, with USER:PASSWORD@ if needed. Throws std::invalid_argument
  // when it is not a URL; std::system_error: ECANCELED at a stop, ETIMEDOUT, HttpFetch's errors,
  // EACCES and ENOENT, EAGAIN for 503, EPROTO when the response is neither a stream nor a picture,
  // EMSGSIZE, and extend_relay_chain()'s errors.
  RelaySource(std::string_view url, const SourceOptions& options, CameraClock& clock);

  const SourceFormat& format() const override { return format_; }
  // Throws std::system_error when the stream ends or breaks, ECONNRESET, or does not make sense.
  std::optional<Picture> next(Instant deadline) override;
  SourceDescription describe() const override;
  bool may_be_silent() const override { return !is_ours_; }
  SourceLosses losses() const override { return losses_; }

 private:
  enum class Kind : uint8_t { unknown, stream, snapshots };

  void await_first_picture(Duration patience);
  Wake advance(Instant deadline);
  Wake wait_to_ask(Instant deadline);
  Wake receive(Instant deadline);
  Instant late_at() const;
  void ask(const std::string& etag);

  void on_body(std::string_view bytes);
  void on_socket_bytes(std::string_view bytes);
  void on_damage();
  void on_hang_up();
  void pull_whole_frames(std::string_view why);
  void note_whole_frame();
  void say_no_updates(std::string_view why) const;
  void on_head(std::string_view body);
  bool choose_reader(bool is_all);
  void read(std::string_view bytes);
  void on_part();
  void on_answer_end();
  void on_not_modified();
  void repeat();
  void on_picture(MultipartPart& part);
  bool is_repeat(const MultipartPart& part) const;
  void measure_interval();

  Picture hand_over();
  [[noreturn]] void fail(int error, std::string_view what) const;

  const std::string url_;
  const std::string shown_;  // the URL without passwords
  const std::string pseudonym_;
  std::optional<std::string> socket_url_;  // for updates; absent: whole frames are pulled
  CameraClock& clock_;
  const Duration timeout_;    // for the first picture, and for a snapshot
  const Duration ask_every_;  // interval of snapshots
  const Duration pace_;       // least time between two pictures of a stream; 0: kGapMin
  SourceFormat format_;
  std::string via_;  // the relays upstream, and this one

  Kind kind_ = Kind::unknown;
  // Of the response being received, or the last one.
  bool has_head_ = false;
  bool is_answered_ = false;               // it has ended; send the next request
  std::string opening_;                    // the body's first bytes, until they show its kind
  std::optional<MultipartReader> reader_;  // set once they do
  bool is_multipart_ = false;
  size_t pictures_ = 0;
  MultipartPart receiving_;
  Instant asked_at_{};

  UpdateReader updates_{kPictureBytesMax};
  int whole_frames_ = 0;  // before the first update
  int hang_ups_ = 0;      // in a row, on requests for the WebSocket
  SourceLosses losses_;
  LogGate damage_gate_;

  struct Newest {
    MultipartPart part;
    Instant arrived{};
    WallTime captured;
    bool is_there = false;
    bool is_repeat = false;
  };
  Newest newest_;
  MultipartPart handed_over_;
  bool is_ours_ = false;                   // the upstream is of our kind
  std::optional<WallTime> last_captured_;  // X-Timestamp of the newest numbered picture
  Instant last_arrival_{};
  Instant due_{};               // when the next picture may be handed over
  int overtaken_ = 0;           // pictures replaced since the last one that was handed over
  std::exception_ptr failure_;  // thrown once the preceding pictures have been handed over

  HttpFetch fetch_;  // last: it calls on_body()
};

}  // namespace fanlight
