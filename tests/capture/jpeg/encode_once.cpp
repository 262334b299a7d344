// SPDX-License-Identifier: Apache-2.0
// Encodes one picture, between two signals to itself; jpeg_simd_test counts the instructions.
#include <csignal>

#include "capture/jpeg/jpeg_encoder.h"
#include "core/check.h"
#include "tests/capture/picture/raw_picture.h"

int main() {
  using namespace fanlight;
  constexpr int kSide = 48;
  // Smooth, because SIMD helps least with the Huffman coding of detail.
  RawPicture picture(PixelFormat::yuv420, kSide, kSide);
  picture.fill_with_ramp();
  JpegEncoder encoder;
  Bytes out(JpegEncoder::worst_case(kSide, kSide));
  const auto encode = [&] { return encoder.encode(picture.view(), kSide, kSide, 80, out); };
  const size_t size = encode();  // binds the library's functions and detects the processor
  CHECK(std::raise(SIGSTOP) == 0);
  CHECK(encode() == size && size > 0);
  CHECK(std::raise(SIGSTOP) == 0);
}
