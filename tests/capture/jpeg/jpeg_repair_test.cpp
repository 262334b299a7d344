// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/jpeg_repair.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "capture/jpeg/exif_orientation.h"
#include "capture/jpeg/jpeg_check.h"
#include "core/random.h"
#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/capture/jpeg/libjpeg_parts.h"

namespace fanlight {
namespace {

// Input and output end at inaccessible pages.
WrittenJpeg repair_into(std::span<const std::byte> data, size_t room, Bytes& out) {
  const GuardedBytes in(data);
  const GuardedBytes place(room);
  const WrittenJpeg written = repair_jpeg(in.span(), place.span());
  if (written.ok()) {
    EXPECT_LE(written.size, room);
    out.assign(place.span().begin(), place.span().begin() + static_cast<ptrdiff_t>(written.size));
  }
  return written;
}

Bytes repaired(const Bytes& data) {
  Bytes out;
  const WrittenJpeg written = repair_into(data, data.size() + kJpegRepairGrowth, out);
  EXPECT_EQ(written.problem, "");
  return out;
}

const Bytes kExif = jpeg_segment(0xe1, "Exif\0\0 thumbnail \xff\xd8\xff\xd9 and more");

TEST(JpegRepair, LeavesValidJpegsUnchanged) {
  for (const Bytes& jpeg :
       {make_jpeg(320, 240, 90), noise_jpeg(640, 480, 1), progressive(noise_jpeg(64, 48, 2))}) {
    Bytes out;
    const WrittenJpeg written = repair_into(jpeg, jpeg.size(), out);
    ASSERT_EQ(written.problem, "");
    EXPECT_EQ(out, jpeg) << "and a place of exactly its size is enough";
    const Brightness decoded = decode(jpeg);
    EXPECT_EQ(written.width, decoded.width);
    EXPECT_EQ(written.height, decoded.height);
  }
}

TEST(JpegRepair, AddsTheHuffmanTablesOfMotionJpeg) {
  const Bytes jpeg = noise_jpeg(160, 120, 3);
  const Bytes camera = without(jpeg, 0xc4);
  constexpr size_t kTables = 420;
  ASSERT_EQ(camera.size() + kTables + 12, jpeg.size())
      << "four segments became one, without three markers and lengths";
  const Bytes out = repaired(camera);
  EXPECT_EQ(out.size(), camera.size() + kTables);
  EXPECT_EQ(decode(out).pixels, decode(jpeg).pixels);
  EXPECT_EQ(repaired(out), out) << "repairing again changes nothing";
}

// libjpeg writes each of annex K's tables in a segment of its own.
TEST(JpegRepair, AddsExactlyTheTablesOfAnnexK) {
  const Bytes jpeg = noise_jpeg(160, 120, 3);
  Bytes tables;
  for (const int table : {0x00, 0x10, 0x01, 0x11}) {
    for (const Bytes& segment : head_of(jpeg)) {
      if (segment[1] != std::byte{0xc4} || segment[4] != std::byte(table)) continue;
      tables.insert(tables.end(), segment.begin() + 4, segment.end());
    }
  }
  ASSERT_EQ(tables.size(), 416u);
  const Bytes dht = bytes({0xff, 0xc4, 418 >> 8, 418 & 0xff}) + tables;
  const Bytes camera = without(jpeg, 0xc4);
  EXPECT_EQ(repaired(camera), with(camera, dht, offset_of(camera, 0xda)));
}

TEST(JpegRepair, AddsTablesOnceForSeveralScans) {
  const Bytes jpeg = kSoi + kDqt + kSof + kSos + kScan + kSos + kScan + kEoi;
  EXPECT_EQ(repaired(jpeg).size(), jpeg.size() + 420);
}

// Each subset of them, in one segment or in several.
TEST(JpegRepair, AddsOnlyMissingTables) {
  const Bytes jpeg = noise_jpeg(160, 120, 3);
  const std::vector<int> tables{0x00, 0x10, 0x01, 0x11};
  for (unsigned missing = 1; missing < 16; ++missing) {
    Bytes camera = jpeg;
    for (size_t i = 0; i < 4; ++i) {
      if ((missing >> i & 1) != 0) camera = without_table(camera, tables[i]);
    }
    const Bytes out = repaired(camera);
    EXPECT_EQ(decode(out).pixels, decode(jpeg).pixels) << missing;
    EXPECT_EQ(repaired(out), out) << "repairing again changes nothing";
  }
}

// Existing ones are not replaced.
TEST(JpegRepair, KeepsExistingTables) {
  const Bytes jpeg = encode_pixels(shades(160, 120, 3), {.is_optimized = true});
  EXPECT_EQ(repaired(jpeg), jpeg);
  const Bytes grey =
      encode_pixels(shades(64, 64, 1), {.colours = JCS_GRAYSCALE, .sampling = {{1, 1}}});
  EXPECT_EQ(repaired(grey), grey) << "no chroma table for a grey picture";
}

TEST(JpegRepair, RemovesExifAndKeepsOtherSegments) {
  const Bytes jpeg = noise_jpeg(64, 48, 4);
  EXPECT_EQ(repaired(with(jpeg, kExif)), jpeg);
  EXPECT_EQ(repaired(with(jpeg, kExif + kExif)), jpeg);
  const Bytes avi = with(jpeg, jpeg_segment(0xe0, "AVI1") + jpeg_segment(0xe2, "ICC_PROFILE"));
  EXPECT_EQ(repaired(avi), avi);
}

TEST(JpegRepair, KeepsTheOrientation) {
  const Bytes jpeg = noise_jpeg(64, 48, 4);
  for (int value = 1; value <= 8; ++value) {
    const auto segment = exif_orientation_segment(value);
    const auto content = std::as_bytes(std::span(segment));
    const Bytes smallest(content.begin(), content.end());
    Bytes phone = smallest;
    phone.insert(phone.end(), kExif.begin(), kExif.end());
    phone[2] = std::byte((phone.size() - 2) >> 8);
    phone[3] = std::byte((phone.size() - 2) & 0xff);
    const Bytes wanted = value == 1 ? jpeg : with(jpeg, smallest);
    EXPECT_EQ(repaired(with(jpeg, phone + kExif)), wanted) << value;
    EXPECT_EQ(repaired(wanted), wanted);
  }
}

TEST(JpegRepair, RemovesStrayBytes) {
  const Bytes jpeg = noise_jpeg(64, 48, 4);
  for (const Bytes& stray :
       {bytes({0, 0x17}), bytes({0xff, 0}), bytes({0xff, 0xd3}), bytes({0xff, 0x01}),
        Bytes(100, std::byte{0xab}), bytes({0xff, 0xe0, 0, 0})}) {
    size_t at = 2;
    for (const Bytes& segment : head_of(jpeg)) {
      EXPECT_EQ(repaired(with(jpeg, stray, at)), jpeg);
      at += segment.size();
    }
  }
}

TEST(JpegRepair, AddsTheEndMarker) {
  for (const Bytes& jpeg : {noise_jpeg(64, 48, 5), progressive(noise_jpeg(64, 48, 5)),
                            make_jpeg(640, 480, 90), noise_jpeg(640, 480, 1)}) {
    const Bytes lacking = without_end(jpeg);
    EXPECT_EQ(repaired(lacking), jpeg);
    EXPECT_EQ(repaired(lacking + bytes({0xff})), jpeg);
    EXPECT_EQ(repaired(lacking + bytes({0xff, 0xff})), jpeg);
    EXPECT_EQ(repaired(lacking + bytes({0xff, 0xec, 0x7f, 0xff, 1, 2, 3})), jpeg);
    for (const size_t padding : {1u, 7u, 16'384u, 100'000u}) {
      Bytes out;
      const Bytes padded = lacking + Bytes(padding, std::byte{0});
      EXPECT_TRUE(repair_into(padded, jpeg.size(), out).ok()) << "padding needs no room";
      EXPECT_EQ(out, jpeg);
    }
  }
}

// A flat picture's last byte may be 0, depending on its size.
TEST(JpegRepair, KeepsALastByteThatLooksLikePadding) {
  bool had_nul = false;
  for (int blocks = 1; blocks <= 16; ++blocks) {
    const Bytes jpeg = make_jpeg(16 * blocks, 16, 128);
    const Bytes lacking = without_end(jpeg);
    had_nul = had_nul || lacking.back() == std::byte{0};
    EXPECT_EQ(repaired(lacking), jpeg) << blocks;
    EXPECT_EQ(repaired(lacking + Bytes(100, std::byte{0})), jpeg) << blocks;
  }
  EXPECT_TRUE(had_nul);
}

TEST(JpegRepair, RemovesPadding) {
  const Bytes jpeg = noise_jpeg(64, 48, 5);
  for (const int padding : {0x00, 0xff, 0xd8}) {
    EXPECT_EQ(repaired(jpeg + Bytes(100'000, std::byte(padding))), jpeg);
  }
  Bytes out;
  EXPECT_TRUE(repair_into(jpeg + Bytes(100'000), jpeg.size(), out).ok())
      << "padding needs no room in the place";
}

// Chunks of the copy end within stuffing, restarts and markers, at every possible offset.
TEST(JpegRepair, CopiesMarkersAtAnyOffset) {
  for (size_t size = 16'370; size < 16'400; ++size) {
    Bytes scan(size, std::byte{0x55});
    for (size_t i = 16'360; i + 1 < size; i += 2) {
      scan[i] = std::byte{0xff};
      scan[i + 1] = std::byte(i % 4 == 0 ? 0x00 : 0xd0);
    }
    const Bytes whole = repaired(kSoi + kDqt + kSof + kSos + scan + kEoi);
    EXPECT_EQ(repaired(whole), whole);
    EXPECT_EQ(whole.size(), check_jpeg(whole).size) << size;
    const auto found = std::search(whole.begin(), whole.end(), scan.begin(), scan.end());
    EXPECT_EQ(found - whole.begin() + ptrdiff_t(size + 2), ptrdiff_t(whole.size())) << size;
  }
}

TEST(JpegRepair, RejectsEveryTruncation) {
  for (const Bytes& jpeg :
       {noise_jpeg(32, 32, 6), with(without(noise_jpeg(32, 32, 6), 0xc4), kExif)}) {
    for (size_t size = 0; size + 2 < jpeg.size(); ++size) {
      Bytes out;
      const auto cut = std::span(jpeg).first(size);
      const WrittenJpeg written = repair_into(cut, jpeg.size() + kJpegRepairGrowth, out);
      ASSERT_FALSE(written.ok()) << size;
      ASSERT_FALSE(written.too_large) << size;
    }
  }
}

TEST(JpegRepair, DistinguishesOversizedFromBrokenJpegs) {
  const Bytes jpeg = without(noise_jpeg(64, 48, 7), 0xc4);
  const size_t needed = jpeg.size() + 420;
  for (size_t room = 0; room < needed; ++room) {
    Bytes out;
    const WrittenJpeg written = repair_into(jpeg, room, out);
    ASSERT_TRUE(written.too_large) << room;
    ASSERT_EQ(written.problem, "larger than its place");
    const auto cut = std::span(jpeg).first(jpeg.size() - 3);
    ASSERT_FALSE(repair_into(cut, room, out).too_large) << room;
  }
  Bytes out;
  EXPECT_TRUE(repair_into(jpeg, needed, out).ok());
}

// Damage as caused by a camera's cable or firmware. The repair agrees with the check about every
// case, and no picture that it passes makes a decoder fail.
TEST(JpegRepair, AgreesWithJpegCheckOnDamage) {
  const uint64_t seed = 20261122;
  Random random(seed);
  const Bytes original = with(without(noise_jpeg(96, 64, 8), 0xc4), kExif);
  int refused = 0;
  for (int run = 0; run < 5000; ++run) {
    Bytes damaged = original;
    for (uint64_t changes = random.below(4) + 1; changes > 0; --changes) {
      damaged[random.below(damaged.size())] =
          std::byte(random.chance(0.3) ? 0xff : random.below(256));
    }
    damaged.resize(random.chance(0.5) ? damaged.size() : random.below(damaged.size()));
    Bytes out;
    const WrittenJpeg written = repair_into(damaged, damaged.size() + kJpegRepairGrowth, out);
    const JpegCheck check = check_jpeg(damaged);
    ASSERT_EQ(written.problem, check.problem) << "seed " << seed << ", run " << run;
    refused += !written.ok();
    if (written.ok()) {
      ASSERT_TRUE(check_jpeg(out).ok()) << "seed " << seed << ", run " << run;
      ASSERT_EQ(check_jpeg(out).size, out.size());
    }
  }
  EXPECT_GT(refused, 2000) << "seed " << seed;
  EXPECT_LT(refused, 4900) << "seed " << seed;
}

}  // namespace
}  // namespace fanlight
