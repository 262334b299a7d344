// SPDX-License-Identifier: Apache-2.0
#include "http/answer/authorize.h"

#include <algorithm>
#include <array>

#include "http/answer/access.h"
#include "http/auth/auth.h"
#include "http/auth/signed_link.h"
#include "http/protocol/link_query.h"
#include "http/protocol/text.h"

namespace fanlight {
namespace {

bool is_open_to_all(Resource resource) {
  switch (resource) {
    case Resource::favicon:
    case Resource::healthz:
    case Resource::readyz:
    case Resource::viewer_js:
      return true;
    default:
      return false;
  }
}

bool is_exempt(const Call& call) {
  const ServerConfig& config = call.services.state.config;
  if (config.auth == nullptr || is_open_to_all(call.route.resource)) return true;
  return !config.auth_loopback && call.by_local_listener && is_of_this_machine(call);
}

// ---- signed links ----

Reply refuse_link(const Call& call, std::string_view reason) {
  call.services.stats.login_link.add();
  call.services.events.link_refused(call.now, call.client(), reason);
  return reply_error(call, 403, reason);
}

// Nothing when a link may be for this; else what is wrong.
std::string_view refusal_of_link(Resource resource, const SignedLink& link) {
  switch (resource) {
    case Resource::stream:
    case Resource::snapshot:
    case Resource::clip:
    case Resource::web_socket:
      return {};
    case Resource::frame:
    case Resource::next_frame:
    case Resource::latest_frame:
      if (link.fps_max == 0) return {};
      return "a link that limits the rate is not for frames by number";
    default:
      return "a signed link is for streams, snapshots, clips, WebSockets and frames by number only";
  }
}

// From the wall clock as it is now: a stream's end does not follow when the clock is set.
Instant instant_of(const Call& call, int64_t unix_seconds) {
  constexpr int64_t kFarAway = 100LL * 366 * 24 * 3600;
  const WallTime now = call.services.wall_now();
  const int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  if (unix_seconds - seconds > kFarAway) return kNever;
  return call.now + (WallTime(std::chrono::seconds(unix_seconds)) - now);
}

std::optional<Answer> authorize_by_link(Call& call, const LinkTexts& texts) {
  const std::optional<SignedLink> link = parse_link(texts);
  if (!link) return refuse_link(call, "the link is not complete: exp, cam and sig are expected");
  if (!call.services.state.config.auth->have_signed(*link)) {
    return refuse_link(call, "the link is not valid: its signature does not match exp and cam");
  }
  const Instant ends = instant_of(call, link->expires);
  if (ends <= call.now) return refuse_link(call, "the link has expired");
  const std::string_view refusal = refusal_of_link(call.route.resource, *link);
  if (!refusal.empty()) return refuse_link(call, refusal);
  const std::optional<size_t> camera = call.services.state.names.find(link->camera);
  if (camera != call.route.camera) {
    return refuse_link(call, "the link is for another camera");
  }
  call.grant = {.is_free = false, .rights = {}, .fps_max = link->fps_max, .ends = ends};
  call.grant.rights.add(kUsualRights, *camera);
  return {};
}

// ---- users ----

Reply ask_to_log_in(const Call& call, std::string_view reason) {
  // A browser would ask again and again for what no one has.
  if (!call.services.state.config.auth->has_users()) {
    return reply_error(call, 403, "only signed links are accepted here");
  }
  return reply_error(call, 401, reason);
}

std::optional<Answer> authorize_by_password(Call& call) {
  Auth& auth = *call.services.state.config.auth;
  if (call.request.authorization.empty() || !auth.has_users()) {
    return ask_to_log_in(call, "a user name and a password are needed");
  }
  // The answer is written there later, if at all.
  const auto room = call.output.first<kCredentialBytesMax>();
  const auto credentials = parse_basic_credentials(call.request.authorization, room);
  if (!credentials) return ask_to_log_in(call, "the credentials are malformed, or not Basic");
  const Digest digest = auth.digest_of(*credentials);
  if (const std::optional<Rights> rights = auth.find(digest)) {
    call.grant = {.is_free = false, .rights = *rights};
    return {};
  }
  const PeerAddress client = call.client();
  if (const Duration wait = auth.failures().begin(client, call.now); wait > Duration::zero()) {
    call.services.stats.login_waiting.add();
    call.services.events.login_delayed(call.now, client, wait);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    return reply_error(call, 429, "too many failed logins from your address", seconds);
  }
  return AwaitPassword{{*credentials, digest, client}};
}

// ---- rights ----

bool has_right(const Call& call) {
  const Rights& rights = call.grant.rights;
  const size_t camera = call.route.camera;
  switch (call.route.resource) {
    case Resource::page:
    case Resource::stream:
    case Resource::clip:
    case Resource::frame:
    case Resource::next_frame:
    case Resource::latest_frame:
      return rights.may(Right::watch, camera);
    case Resource::snapshot:
      return rights.may(Right::snapshot, camera);
    case Resource::mjpg_command:
      return rights.may(Right::control, camera);
    case Resource::controls:
      return call.request.method == Method::patch ? rights.may(Right::control, camera)
                                                  : rights.has_any(camera);
    case Resource::state:
    case Resource::mjpg_input:
      return rights.has_any(camera);
    case Resource::api_state:
    case Resource::mjpg_program:
      // Also on those of a directory that have no name yet.
      return rights.has_any_on_all(call.services.state.cameras.size());
    case Resource::metrics:
    case Resource::viewers:
      return rights.may_on_all(Right::state);
    default:
      return rights.has_any_at_all();
  }
}

std::string_view name_of_missing_right(const Call& call) {
  switch (call.route.resource) {
    case Resource::page:
    case Resource::stream:
    case Resource::clip:
    case Resource::frame:
    case Resource::next_frame:
    case Resource::latest_frame:
      return "the right to watch this camera is missing";
    case Resource::snapshot:
      return "the right to take snapshots of this camera is missing";
    case Resource::metrics:
    case Resource::viewers:
      return "the right to see the state is missing";
    case Resource::mjpg_command:
      return "the right to control this camera is missing";
    case Resource::controls:
      if (call.request.method != Method::patch) break;
      return "the right to control this camera is missing";
    case Resource::api_state:
    case Resource::mjpg_program:
      return "this is about all cameras, and for some there is no right";
    default:
      break;
  }
  return "there is no right on this camera";
}

}  // namespace

std::optional<Answer> authorize(Call& call) noexcept {
  if (is_exempt(call)) return {};
  if (call.services.state.config.auth->has_keys()) {
    const LinkQuery link = read_link_query(call.request.query);
    if (link.has_several) return refuse_link(call, "exp, cam and sig may be given only once");
    if (!link.texts.sig.empty()) return authorize_by_link(call, link.texts);
  }
  return authorize_by_password(call);
}

Reply reply_forbidden(const Call& call, std::string_view reason) noexcept {
  call.services.stats.login_forbidden.add();
  call.services.events.forbidden(call.now, call.client(), reason);
  return reply_error(call, 403, reason);
}

std::optional<Reply> refuse_forbidden(const Call& call) noexcept {
  if (call.grant.is_free || has_right(call)) return {};
  return reply_forbidden(call, name_of_missing_right(call));
}

std::optional<Reply> limit_rate(const Call& call, StreamParameters& parameters) noexcept {
  const double most = call.grant.fps_max;
  if (most == 0 || call.route.resource == Resource::snapshot) return {};
  if (parameters.fps > most) {
    std::array<char, 80> room;
    TextWriter text(room);
    text.add("fps: the link allows at most {:.6g} pictures a second", most);
    return refuse_link(call, text.view());
  }
  if (parameters.fps == 0) parameters.fps = most;
  return {};
}

Reply reply_login(const Call& call, PasswordOutcome outcome) noexcept {
  if (outcome == PasswordOutcome::wrong) {
    call.services.stats.login_wrong.add();
    call.services.events.login_failed(call.services.now(), call.client());
    return ask_to_log_in(call, "wrong user name or password");
  }
  call.services.stats.login_busy.add();
  call.services.events.logins_busy(call.services.now(), call.client());
  return reply_error(call, 503, "too many logins at the same time");
}

}  // namespace fanlight
