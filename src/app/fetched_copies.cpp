#include "app/fetched_copies.hpp"

#include <cerrno>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json.hpp"
#include "crypto/digest.hpp"
#include "fetch/url.hpp"

namespace certbound::app {

namespace {

using Json = nlohmann::json;

constexpr const char* kCopy = ".copy";
constexpr const char* kPart = ".part";
constexpr const char* kStatus = ".status";
constexpr std::size_t kMaximumHeadBytes = 16UL * 1024;
constexpr unsigned kMode = 0600;

std::string_view name(CopyId::Kind kind) { return kind == CopyId::Kind::crl ? "crl" : "jwks"; }

Json describe(const CopyId& id) {
  Json json = Json::object();
  json["kind"] = std::string{name(id.kind)};
  json["owner"] = id.owner;
  json["url"] = id.url;
  return json;
}

bool is_about(const Json& json, const CopyId& id) {
  return json.is_object() && string_member(json, "kind") == name(id.kind) && string_member(json, "owner") == id.owner &&
         string_member(json, "url") == id.url;
}

std::optional<WallTime> time_member(const Json& json, const char* member) {
  const auto time = parse_time(string_member(json, member));
  if (!time) return std::nullopt;
  return *time;
}

/// Nothing where the system says that there is none.
Result<std::optional<std::string>> load_if_there(const std::filesystem::path& path, std::size_t max_bytes) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 && errno == ENOENT) return std::optional<std::string>{};
  auto content = load_file(path, max_bytes);
  if (!content) return std::move(content).error();
  return std::optional<std::string>{*std::move(content)};
}

Result<fetch::LastGood> read_copy(std::string content, const CopyId& id) {
  const std::size_t end = content.find('\n');
  if (end == std::string::npos || end > kMaximumHeadBytes) return invalid_input("no head");
  const auto head = parse_json(std::string_view{content}.substr(0, end), JsonLimits{kMaximumHeadBytes, 2});
  if (!head) return head.error();
  if (!is_about(*head, id)) return invalid_input("of another source");
  const auto received_at = time_member(*head, "received_at");
  if (!received_at) return invalid_input("no time");
  fetch::LastGood copy;
  copy.received_at = *received_at;
  copy.validators.etag = string_member(*head, "etag");
  copy.validators.last_modified = string_member(*head, "last_modified");
  content.erase(0, end + 1);
  copy.body = std::move(content);
  if (crypto::sha256(copy.body).to_base64url() != string_member(*head, "sha256")) return invalid_input("damaged");
  return copy;
}

Result<fetch::RefreshStatus> read_status(std::string_view content, const CopyId& id) {
  const auto json = parse_json(content, JsonLimits{kMaximumHeadBytes, 2});
  if (!json) return json.error();
  if (!is_about(*json, id)) return invalid_input("of another source");
  fetch::RefreshStatus status;
  status.last_good = time_member(*json, "last_good");
  status.last_attempt = time_member(*json, "last_attempt").value_or(WallTime{});
  const auto failures = json->find("failures");
  if (failures == json->end() || !failures->is_number_integer()) return invalid_input("no failures");
  status.failures = failures->get<int>();
  status.last_detail = string_member(*json, "detail");
  for (std::size_t i = 0; i < fetch::kFailureCount; ++i) {
    const auto failure = static_cast<fetch::Failure>(i);
    if (fetch::name(failure) == string_member(*json, "failure")) status.last_failure = failure;
  }
  return status;
}

Error in_file(const std::filesystem::path& path, const Error& error) {
  return invalid_input(path.string() + ": " + error.detail);
}

}  // namespace

std::string CopyId::file_name() const {
  std::string text = owner;
  text += '\0';  // a client_id and a URL hold none
  text += url;
  return std::string{name(kind)} + "-" + crypto::sha256(text).to_base64url();
}

std::string CopyId::shown_source() const {
  constexpr std::size_t kDigestCharacters = 8;
  const auto parsed = fetch::parse_url(url);
  if (!parsed) return "";
  std::string shown = fetch::render_for_log(*parsed);
  if (url.find('?') != std::string::npos) {
    shown += " (" + crypto::sha256(url).to_base64url().substr(0, kDigestCharacters) + ")";
  }
  return shown;
}

std::string CopyId::shown() const {
  const std::string source = shown_source();
  return std::string{name(kind)} + " " + owner + (source.empty() ? "" : " " + source);
}

std::filesystem::path FetchedCopies::path_of(const CopyId& id, const char* suffix) const {
  return directory_ / (id.file_name() + suffix);
}

Result<void> FetchedCopies::prepare() const {
  if (::mkdir(directory_.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return invalid_input(directory_.string() + ": cannot make it: " + system_error_text(errno));
}

Result<std::optional<fetch::LastGood>> FetchedCopies::load(const CopyId& id, std::size_t max_bytes,
                                                           fetch::Taken taken) const {
  const std::filesystem::path path = path_of(id, taken == fetch::Taken::whole ? kCopy : kPart);
  auto content = load_if_there(path, max_bytes + kMaximumHeadBytes);
  if (!content) return std::move(content).error();
  if (!*content) return std::optional<fetch::LastGood>{};
  auto copy = read_copy(**std::move(content), id);
  if (!copy) return in_file(path, copy.error());
  return std::optional<fetch::LastGood>{*std::move(copy)};
}

Result<std::optional<fetch::RefreshStatus>> FetchedCopies::load_status(const CopyId& id) const {
  const std::filesystem::path path = path_of(id, kStatus);
  const auto content = load_if_there(path, kMaximumHeadBytes);
  if (!content) return content.error();
  if (!*content) return std::optional<fetch::RefreshStatus>{};
  auto status = read_status(**content, id);
  if (!status) return in_file(path, status.error());
  return std::optional<fetch::RefreshStatus>{*std::move(status)};
}

Result<void> FetchedCopies::store(const CopyId& id, const fetch::Outcome& outcome, fetch::Taken taken) const {
  Json head = describe(id);
  head["received_at"] = to_rfc3339(outcome.received_at);
  head["etag"] = outcome.validators.etag;
  head["last_modified"] = outcome.validators.last_modified;
  head["sha256"] = crypto::sha256(outcome.body).to_base64url();
  const bool is_whole = taken == fetch::Taken::whole;
  const auto file = path_of(id, is_whole ? kCopy : kPart);
  if (auto stored = replace_file(file, {dump_json(head), "\n", outcome.body}, kMode); !stored) return stored;
  std::error_code error;
  if (is_whole) std::filesystem::remove(path_of(id, kPart), error);
  if (error) return invalid_input(path_of(id, kPart).string() + ": " + error.message());
  return {};
}

Result<void> FetchedCopies::store_status(const CopyId& id, const fetch::RefreshStatus& status) const {
  Json json = describe(id);
  if (status.last_good) json["last_good"] = to_rfc3339(*status.last_good);
  json["last_attempt"] = to_rfc3339(status.last_attempt);
  json["failures"] = status.failures;
  if (status.failures > 0) {
    json["failure"] = std::string{fetch::name(status.last_failure)};
    json["detail"] = status.last_detail.substr(0, 1024);
  }
  return replace_file(path_of(id, kStatus), {dump_json(json), "\n"}, kMode);
}

Result<std::size_t> FetchedCopies::keep_only(CopyId::Kind kind, const std::set<std::string>& file_names) const {
  const std::string prefix = std::string{name(kind)} + "-";
  std::error_code error;
  std::vector<std::filesystem::path> others;
  for (std::filesystem::directory_iterator at{directory_, error}, end; !error && at != end; at.increment(error)) {
    const std::string file = at->path().filename().string();
    const bool is_kept = file_names.count(file.substr(0, file.find('.'))) > 0;
    if (file.starts_with(prefix) && !is_kept) others.push_back(at->path());
  }
  for (auto at = others.begin(); !error && at != others.end(); ++at) std::filesystem::remove(*at, error);
  if (error) return invalid_input(directory_.string() + ": " + error.message());
  return others.size();
}

}  // namespace certbound::app
