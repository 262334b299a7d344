// SPDX-License-Identifier: Apache-2.0
// RelaySource: another server's camera: its MJPEG stream, or its snapshots one after the other. A
// tree of Fanlights that relay each other is how one camera outgrows one wire.
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "capture/relay/http_fetch.h"
#include "capture/relay/multipart_reader.h"
#include "capture/source/camera_clock.h"
#include "capture/source/source.h"
#include "core/time.h"

namespace fanlight {

// Owns: the connection; three pictures: the one that is being received, the newest whole one, and
//   the one that was handed over last. They change places and are not copied.
// Thread: see Source.
// Invariant: what next() hands over is the newest whole picture that has come. `fps` in the options
//   thins a stream out, and is how often a snapshot is asked for (once a second by default).
//
// What an answer is its first bytes say: a delimiter begins a stream; SOI begins a snapshot, which
// is asked for again when it has ended, or a stream when another picture follows it. Status 206 is
// as good as 200. An answer that is neither is refused, with what it says.
//
// Captured is when X-Timestamp says, else when the picture was complete. A picture that an upstream
// of our kind (it numbers them: X-Sequence) sends again, or that is older than the one before, is a
// sign of life (Picture::is_repeat): so a slate that goes round in a loop of relays comes to rest.
// The loop itself is refused when it is closed: see relay_chain.h. An upstream of our kind is never
// silent; others may be, see Source::may_be_silent().
class RelaySource final : public Source {
 public:
  // Larger pictures end the connection.
  static constexpr size_t kPictureBytesMax = 32 << 20;

  // Connects, and waits for the first whole picture: `timeout` of the options, or `patience` where
  // that is less. `url`: http:// or https://, with USER:PASSWORD@ if need be. Throws
  // std::invalid_argument when it is no URL; std::system_error: ECANCELED at a stop, ETIMEDOUT,
  // what HttpFetch throws, EACCES and ENOENT, EAGAIN for 503, EPROTO when the answer is neither a
  // stream nor a picture, EMSGSIZE, and what extend_relay_chain() throws.
  RelaySource(std::string_view url, const SourceOptions& options, CameraClock& clock);

  const SourceFormat& format() const override { return format_; }
  // Throws std::system_error when the stream ends or breaks, ECONNRESET, or does not make sense.
  std::optional<Picture> next(Instant deadline) override;
  SourceDescription describe() const override;
  bool may_be_silent() const override { return !is_ours_; }

 private:
  enum class Kind : uint8_t { unknown, stream, snapshots };

  void await_first_picture(Duration patience);
  Wake advance(Instant deadline);
  Wake wait_to_ask(Instant deadline);
  Wake receive(Instant deadline);
  Instant late_at() const;
  void ask(const std::string& etag);

  void on_body(std::string_view bytes);
  void on_head(std::string_view body);
  bool choose_reader(bool is_all);
  void read(std::string_view bytes);
  void on_part();
  void on_answer_end();
  void on_not_modified();
  void on_picture(MultipartPart& part);
  bool is_repeat(const MultipartPart& part) const;
  void measure_interval();

  Picture hand_over();
  [[noreturn]] void fail(int error, std::string_view what) const;

  const std::string url_;
  const std::string shown_;  // the URL without passwords
  const std::string pseudonym_;
  CameraClock& clock_;
  const Duration timeout_;    // of the first picture, and of a snapshot
  const Duration ask_every_;  // snapshots
  const Duration pace_;       // least time between two pictures of a stream; 0: all of them
  SourceFormat format_;
  std::string via_;  // the relays behind us, and us

  Kind kind_ = Kind::unknown;
  // Of the answer that is being received, or was last.
  bool has_head_ = false;
  bool is_answered_ = false;               // it has ended; the next one is to be asked for
  std::string opening_;                    // of the body, as long as it does not tell what it is
  std::optional<MultipartReader> reader_;  // once it does
  bool is_multipart_ = false;
  size_t pictures_ = 0;
  MultipartPart receiving_;
  Instant asked_at_{};

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
  int overtaken_ = 0;           // pictures since the last one that was handed over
  std::exception_ptr failure_;  // is told once the pictures before it have been handed over

  HttpFetch fetch_;  // last: it calls on_body()
};

}  // namespace fanlight
