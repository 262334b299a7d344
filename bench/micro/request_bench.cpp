// SPDX-License-Identifier: Apache-2.0
// The cost of parsing a request's head.
#include <benchmark/benchmark.h>

#include <string_view>

#include "core/check.h"
#include "http/protocol/request.h"

namespace fanlight {
namespace {

constexpr std::string_view kCurl =
    "GET /snapshot HTTP/1.1\r\nHost: camera.local:5000\r\nUser-Agent: curl/7.88.1\r\n"
    "Accept: */*\r\n\r\n";
constexpr std::string_view kChromium =
    "GET /stream HTTP/1.1\r\nHost: camera.local:5000\r\nConnection: keep-alive\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) "
    "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\r\n"
    "sec-ch-ua: \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\n"
    "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n"
    "Referer: http://camera.local:5000/\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-US,en;q=0.9\r\n\r\n";

// The head arrives in pieces of `piece` bytes, as from a slow or hostile client.
void parse_in_pieces(std::string_view head, size_t piece) {
  RequestParser parser;
  ParseStatus status = ParseStatus::partial;
  for (size_t size = piece; status == ParseStatus::partial; size += piece) {
    status = parser.parse(head.substr(0, size));
  }
  CHECK(status == ParseStatus::done);
  benchmark::DoNotOptimize(parser.request());
}

void BM_ParseRequest(benchmark::State& state, std::string_view head, size_t piece) {
  for (auto _ : state) parse_in_pieces(head, piece);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(head.size()));
}
BENCHMARK_CAPTURE(BM_ParseRequest, curl, kCurl, kCurl.size());
BENCHMARK_CAPTURE(BM_ParseRequest, chromium, kChromium, kChromium.size());
BENCHMARK_CAPTURE(BM_ParseRequest, chromium_byte_by_byte, kChromium, 1);

}  // namespace
}  // namespace fanlight
