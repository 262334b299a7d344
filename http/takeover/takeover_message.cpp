// SPDX-License-Identifier: Apache-2.0
#include "http/takeover/takeover_message.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "core/check.h"
#include "core/frame_ring.h"
#include "http/takeover/state_bytes.h"

namespace fanlight {
namespace {

constexpr std::string_view kMagic = "Fanlight";
constexpr size_t kVersionTextMax = 64;
constexpr size_t kAddressTextBytesMax = 256;
// Numbers of frames, and counts of bytes, with which a server can still reckon.
constexpr uint64_t kNumberMax = uint64_t{1} << 62;
// fps=0.001 would be the longest that a dashboard might ask for.
constexpr Duration kIntervalMax = ViewerOptions::kIntervalMax;
// More than any wire; so that the sum for all viewers fits.
constexpr uint64_t kBytesPerSecondMax = uint64_t{1} << 40;
constexpr Duration kYear = std::chrono::hours(24 * 366);

StateWriter begin(TakeoverKind kind) {
  StateWriter writer;
  writer.number(static_cast<uint8_t>(kind));
  return writer;
}

StateReader open(std::string_view message, TakeoverKind kind) {
  StateReader reader(message);
  reader.check(reader.number<uint8_t>() == static_cast<uint8_t>(kind));
  return reader;
}

template <class Value>
std::optional<Value> if_done(const StateReader& reader, Value&& value) {
  if (!reader.is_done()) return std::nullopt;
  return std::forward<Value>(value);
}

bool is_camera_name(std::string_view name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_allowed);
}

std::string read_camera_name(StateReader& reader) {
  const std::string_view name = reader.text(kCameraNameMax);
  reader.check(is_camera_name(name));
  return std::string(name);
}

void write(StateWriter& writer, const ViewerProgress& progress) {
  writer.number(progress.last_sequence);
  writer.number(progress.seen_sequence);
  writer.number(progress.frames_sent);
  writer.number(progress.frames_skipped);
  writer.number(progress.pictures_before);
  writer.number(progress.step);
  writer.flag(progress.pace_known);
  writer.instant(progress.due_at);
  writer.instant(progress.any_frame_from);
  writer.instant(progress.repeat_at);
  writer.instant(progress.joined_at);
}

// A viewer's schedule may be ahead of the clock by its interval.
void read(StateReader& reader, ViewerProgress& progress, const CameraState& camera, Instant now) {
  const Instant latest = now + 2 * kIntervalMax;
  progress.last_sequence = reader.number<uint64_t>(camera.sequence);
  progress.seen_sequence = reader.number<uint64_t>(camera.sequence);
  progress.frames_sent = reader.number<uint64_t>(kNumberMax);
  progress.frames_skipped = reader.number<uint64_t>(kNumberMax);
  progress.pictures_before = reader.number<uint64_t>(camera.pictures);
  progress.step = reader.number<uint32_t>();
  reader.check(std::has_single_bit(progress.step));
  progress.pace_known = reader.flag();
  progress.due_at = reader.instant(latest);
  progress.any_frame_from = reader.instant(latest);
  progress.repeat_at = reader.instant(latest);
  progress.joined_at = reader.instant(latest);
  reader.check(progress.last_sequence <= progress.seen_sequence);
}

void write(StateWriter& writer, const UstreamerWishes& state) {
  writer.flag(state.is_used);
  if (!state.is_used) return;
  writer.flag(state.extra_headers);
  writer.flag(state.zero_data);
  writer.text(state.key_text());
}

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

void read(StateReader& reader, UstreamerWishes& state) {
  state.is_used = reader.flag();
  if (!state.is_used) return;
  state.extra_headers = reader.flag();
  state.zero_data = reader.flag();
  const std::string_view key = reader.text(UstreamerOptions::kKeyMax);
  reader.check(std::all_of(key.begin(), key.end(), is_key_character));
  state.key_size = static_cast<uint8_t>(key.copy(state.key.data(), state.key.size()));
}

void write(StateWriter& writer, const PeerAddress& peer) {
  writer.raw({reinterpret_cast<const char*>(peer.bytes.data()), peer.bytes.size()});
  writer.flag(peer.is_local);
}

void read(StateReader& reader, PeerAddress& peer) {
  const std::string_view bytes = reader.raw(peer.bytes.size());
  if (!bytes.empty()) std::memcpy(peer.bytes.data(), bytes.data(), bytes.size());
  peer.is_local = reader.flag();
}

void write(StateWriter& writer, const StreamState& state) {
  writer.number(state.camera);
  writer.flag(state.by_admin_listener);
  writer.flag(state.by_local_listener);
  writer.flag(state.seed_boundary);
  writer.flag(state.advance_headers);
  writer.flag(state.dual_final_frames);
  writer.flag(state.pinned);
  writer.duration(state.interval);
  writer.number(state.frames);
  write(writer, state.progress);
  write(writer, state.ustreamer);
  write(writer, state.client);
  writer.number(state.ends);
  writer.number(state.bytes_per_second);
  writer.number(state.bytes_sent);
}

StreamState read_stream(StateReader& reader, std::span<const CameraState> cameras, Instant now) {
  StreamState state;
  state.camera = reader.number<uint16_t>();
  state.by_admin_listener = reader.flag();
  state.by_local_listener = reader.flag();
  state.seed_boundary = reader.flag();
  state.advance_headers = reader.flag();
  state.dual_final_frames = reader.flag();
  state.pinned = reader.flag();
  state.interval = reader.duration(kIntervalMax);
  state.frames = reader.number<uint64_t>(kNumberMax);
  if (!reader.check(state.camera < cameras.size())) return state;
  read(reader, state.progress, cameras[state.camera], now);
  read(reader, state.ustreamer);
  read(reader, state.client);
  state.ends = reader.number<uint32_t>();
  state.bytes_per_second = reader.number<uint64_t>(kBytesPerSecondMax);
  state.bytes_sent = reader.number<uint64_t>(kNumberMax);
  // A stream that has had all of its frames has ended. Fields of ustreamer's have no room in a head
  // that was sent in advance.
  reader.check(state.frames == 0 || state.progress.frames_sent < state.frames);
  reader.check(!state.ustreamer.is_used || !state.advance_headers);
  return state;
}

}  // namespace

std::optional<TakeoverKind> kind_of(std::string_view message) {
  if (message.empty()) return std::nullopt;
  const auto kind = static_cast<uint8_t>(message.front());
  if (kind < static_cast<uint8_t>(TakeoverKind::hello) ||
      kind > static_cast<uint8_t>(TakeoverKind::end)) {
    return std::nullopt;
  }
  return static_cast<TakeoverKind>(kind);
}

std::string encode(TakeoverKind kind) {
  return begin(kind).bytes();
}

std::string encode(TakeoverKind kind, uint32_t count) {
  StateWriter writer = begin(kind);
  writer.number(count);
  return writer.bytes();
}

std::optional<uint32_t> decode_count(std::string_view message) {
  StateReader reader(message);
  reader.number<uint8_t>();
  const auto count = reader.number<uint32_t>();
  return if_done(reader, uint32_t{count});
}

// ---- hello and welcome, which never change ----

std::string encode_hello(uint16_t format) {
  StateWriter writer = begin(TakeoverKind::hello);
  writer.raw(kMagic);
  writer.number(format);
  return writer.bytes();
}

std::optional<uint16_t> decode_hello(std::string_view message) {
  StateReader reader = open(message, TakeoverKind::hello);
  reader.check(reader.raw(kMagic.size()) == kMagic);
  const auto format = reader.number<uint16_t>();
  return if_done(reader, uint16_t{format});
}

std::string encode(const Welcome& welcome) {
  StateWriter writer = begin(TakeoverKind::welcome);
  writer.raw(kMagic);
  writer.number(welcome.format);
  writer.number(welcome.device);
  writer.number(welcome.inode);
  writer.text(welcome.version);
  return writer.bytes();
}

std::optional<Welcome> decode_welcome(std::string_view message) {
  StateReader reader = open(message, TakeoverKind::welcome);
  reader.check(reader.raw(kMagic.size()) == kMagic);
  Welcome welcome;
  welcome.format = reader.number<uint16_t>();
  welcome.device = reader.number<uint64_t>();
  welcome.inode = reader.number<uint64_t>();
  welcome.version = reader.text(kVersionTextMax);
  return if_done(reader, std::move(welcome));
}

// ---- listeners ----

std::string encode(const PassedListener& listener) {
  StateWriter writer = begin(TakeoverKind::listener);
  writer.number(static_cast<uint8_t>(listener.role));
  writer.flag(listener.is_inherited);
  writer.flag(listener.is_more);
  writer.text(listener.address);
  return writer.bytes();
}

std::optional<PassedListener> decode_listener(std::string_view message) {
  StateReader reader = open(message, TakeoverKind::listener);
  PassedListener listener;
  constexpr auto kLast = static_cast<uint8_t>(PassedListener::Role::takeover);
  listener.role = static_cast<PassedListener::Role>(reader.number<uint8_t>(kLast));
  listener.is_inherited = reader.flag();
  listener.is_more = reader.flag();
  listener.address = reader.text(kAddressTextBytesMax);
  return if_done(reader, std::move(listener));
}

std::string encode(const Offer& offer) {
  StateWriter writer = begin(TakeoverKind::offer);
  writer.duration(offer.keep_alive_period.value_or(Duration::zero()));
  return writer.bytes();
}

std::optional<Offer> decode_offer(std::string_view message) {
  StateReader reader = open(message, TakeoverKind::offer);
  const Duration period = reader.duration(kYear);
  Offer offer;
  if (period > Duration::zero()) offer.keep_alive_period = period;
  return if_done(reader, std::move(offer));
}

// ---- cameras ----

std::string encode_ready(std::span<const std::string> cameras) {
  CHECK(cameras.size() <= kTakeoverCamerasMax);
  StateWriter writer = begin(TakeoverKind::ready);
  writer.number(static_cast<uint16_t>(cameras.size()));
  for (const std::string& name : cameras) writer.text(name);
  return writer.bytes();
}

std::optional<std::vector<std::string>> decode_ready(std::string_view message) {
  StateReader reader = open(message, TakeoverKind::ready);
  const auto count = reader.number<uint16_t>(kTakeoverCamerasMax);
  std::vector<std::string> cameras;
  for (size_t i = 0; i < count && reader.ok(); ++i) cameras.push_back(read_camera_name(reader));
  return if_done(reader, std::move(cameras));
}

std::string encode(std::span<const CameraState> cameras) {
  CHECK(cameras.size() <= kTakeoverCamerasMax);
  StateWriter writer = begin(TakeoverKind::cameras);
  writer.number(static_cast<uint16_t>(cameras.size()));
  for (const CameraState& camera : cameras) {
    writer.text(camera.name);
    writer.number(camera.sequence);
    writer.number(camera.pictures);
  }
  return writer.bytes();
}

std::optional<std::vector<CameraState>> decode_cameras(std::string_view message) {
  StateReader reader = open(message, TakeoverKind::cameras);
  const auto count = reader.number<uint16_t>(kTakeoverCamerasMax);
  std::vector<CameraState> cameras;
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    CameraState camera;
    camera.name = read_camera_name(reader);
    camera.sequence = reader.number<uint64_t>(kNumberMax);
    camera.pictures = reader.number<uint64_t>(kNumberMax);
    reader.check(camera.pictures <= camera.sequence);
    cameras.push_back(std::move(camera));
  }
  return if_done(reader, std::move(cameras));
}

// ---- streams ----

std::string encode(std::span<const PassedStream> streams) {
  CHECK(streams.size() <= PassingOrder::kStreamsMax);
  StateWriter writer = begin(TakeoverKind::streams);
  writer.number(static_cast<uint16_t>(streams.size()));
  for (const PassedStream& stream : streams) write(writer, stream.state);
  CHECK(writer.bytes().size() <= kTakeoverBytesMax);
  return writer.bytes();
}

std::optional<std::vector<StreamState>> decode_streams(std::string_view message,
                                                       std::span<const CameraState> cameras,
                                                       Instant now) {
  StateReader reader = open(message, TakeoverKind::streams);
  const auto count = reader.number<uint16_t>(PassingOrder::kStreamsMax);
  std::vector<StreamState> streams;
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    streams.push_back(read_stream(reader, cameras, now));
  }
  return if_done(reader, std::move(streams));
}

}  // namespace fanlight
