// SPDX-License-Identifier: Apache-2.0
// What --auth-file and --link-key cost for each request: credentials that are known to be right,
// and a signed link. A frame costs nothing: no code of its way asks for a right.
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "core/check.h"
#include "http/auth/auth.h"
#include "http/auth/basic_credentials.h"

namespace fanlight {
namespace {

// From the field of the request to what it allows.
void cached_credentials(benchmark::State& state) {
  Auth auth;
  const std::string field = "Basic YW5uYTpzZWNyZXQ=";
  std::array<char, kCredentialBytesMax> room;
  CredentialCache cache;
  cache.add(auth.digest_of(*parse_basic_credentials(field, room)), Rights(kUsualRights));
  for (auto _ : state) {
    const auto credentials = parse_basic_credentials(field, room);
    benchmark::DoNotOptimize(cache.find(auth.digest_of(*credentials)));
  }
}
BENCHMARK(cached_credentials);

// By the second of two keys.
void signed_link(benchmark::State& state) {
  const std::string old_key(44, 'o'), new_key(44, 'n');
  LinkKeys keys, old;
  CHECK(!keys.parse(new_key + "\n" + old_key) && !old.parse(old_key));
  const std::string query = old.sign(4'000'000'000, "front", "5");
  const std::string sig = query.substr(query.find("sig=") + 4);
  for (auto _ : state) {
    const auto link = parse_link({"4000000000", "front", sig});
    CHECK(link && keys.have_signed(*link));
  }
}
BENCHMARK(signed_link);

}  // namespace
}  // namespace fanlight
