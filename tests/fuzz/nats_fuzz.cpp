// SPDX-License-Identifier: Apache-2.0
// What is published on a NATS server: an address, a line, then messages, a line of fields and a
// line of payload each. What is read is within its limits and the same when it is written again;
// frames come whole, or not at all.
#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "capture/jpeg/jpeg_check.h"
#include "capture/nats/frame_assembler.h"
#include "capture/nats/frame_joiner.h"
#include "capture/nats/nats_address.h"
#include "core/check.h"
#include "tests/fuzz/fuzz_input.h"

namespace fanlight {
namespace {

void check_address(std::string_view url) {
  CHECK(is_nats_url(url) == (url.starts_with("nats://") || url.starts_with("tls://")));
  try {
    const NatsAddress address = parse_nats_url(url);
    CHECK(!address.host.empty() && address.port != 0);
    check_subject(address.subject);
  } catch (const std::invalid_argument&) {
  }
  try {
    const NatsAddress directory = parse_nats_directory_url(url);
    check_subject_pattern(directory.subject);
    const NatsAddress camera = parse_nats_url(nats_camera_url(url, "a.b"));
    CHECK(camera.subject == "a.b" && camera.host == directory.host);
  } catch (const std::invalid_argument&) {
  }
}

// No message shows a password.
void check_secret(std::string_view rest) {
  constexpr std::string_view kSecret = "S3cr3t";
  if (rest.find(kSecret) != rest.npos) return;
  try {
    parse_nats_url(std::string("nats://u:S3cr3t@hub/").append(rest));
  } catch (const std::invalid_argument& problem) {
    CHECK(std::string_view(problem.what()).find(kSecret) == std::string_view::npos);
  }
}

// NAME=VALUE between semicolons.
NatsFields fields_of(std::string_view line) {
  NatsFields fields;
  while (!line.empty()) {
    const std::string_view field = line.substr(0, line.find(';'));
    line.remove_prefix(std::min(field.size() + 1, line.size()));
    const size_t equals = std::min(field.find('='), field.size());
    fields.emplace_back(field.substr(0, equals), field.substr(std::min(equals + 1, field.size())));
  }
  return fields;
}

void check_header(const FrameHeader& header) {
  CHECK(!header.publisher.empty() && header.publisher.size() <= kPublisherBytesMax);
  CHECK(header.number > 0 && header.sequence > 0);
  CHECK(header.size > 0 && header.size <= kNatsFrameBytesMax);
  CHECK(header.part >= 1 && header.part <= header.parts && header.parts <= kNatsPartsMax);
  FrameHeader again;
  CHECK(read_frame_header(write_frame_header(header), again).empty());
  CHECK(again.publisher == header.publisher && again.number == header.number);
  CHECK(again.sequence == header.sequence && again.captured == header.captured);
  CHECK(again.size == header.size && again.part == header.part && again.parts == header.parts);
  CHECK(header.update <= header.size && again.update == header.update);
  CHECK(again.slate.size() == header.slate.size() && again.via == header.via);
}

void check_picture(FrameJoiner& joiner, const FrameHeader& header,
                   std::vector<std::byte>& picture) {
  switch (joiner.take(header, picture)) {
    case FrameJoiner::Event::picture:
      CHECK(check_verbatim_jpeg(picture).ok());
      break;
    case FrameJoiner::Event::out_of_step:
      CHECK(header.update > 0);
      break;
    case FrameJoiner::Event::damaged:
      CHECK(!joiner.problem().empty());
      break;
  }
}

}  // namespace

void fuzz(std::string_view bytes) {
  FuzzInput input(bytes);
  const std::string_view address = input.line();
  check_address(address);
  check_secret(address);
  FrameAssembler assembler;
  FrameJoiner joiner;
  size_t held = 0;  // of the frame that is being received
  while (!input.empty()) {
    FrameHeader header;
    const std::string_view problem = read_frame_header(fields_of(input.line()), header);
    const std::string_view payload = input.line();
    if (!problem.empty()) continue;
    check_header(header);
    if (header.part == 1) held = 0;
    held += payload.size();
    switch (assembler.take_part(header, std::as_bytes(std::span(payload)))) {
      case FrameAssembler::Event::frame: {
        std::vector<std::byte> frame;
        assembler.take(frame);
        CHECK(frame.size() == header.size && frame.size() == held);
        check_picture(joiner, header, frame);
        held = 0;
        break;
      }
      case FrameAssembler::Event::damaged:
        CHECK(!assembler.problem().empty());
        break;
      case FrameAssembler::Event::none:
        CHECK(header.part < header.parts);
        break;
      case FrameAssembler::Event::partial:
        CHECK(header.part > 1);
        break;
    }
  }
}

}  // namespace fanlight
