#include "request_source.hpp"

namespace certbound::load {

namespace {
constexpr std::string_view kPlaceholder = "{client_id}";

/// The value of client_id in a form; empty where there is none. Identifiers with percent escapes are not compared.
std::string find_client_id(std::string_view form) {
  constexpr std::string_view kName = "client_id=";
  auto begin = form.find(kName);
  while (begin != std::string_view::npos && begin != 0 && form[begin - 1] != '&') begin = form.find(kName, begin + 1);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = form.substr(begin + kName.size());
  const std::string_view value = rest.substr(0, rest.find('&'));
  return value.find_first_of("%+") == std::string_view::npos ? std::string{value} : std::string{};
}
}  // namespace

RequestSource::RequestSource(const Options& options, std::size_t first, std::size_t stride)
    : options_{options}, position_{first}, stride_{stride} {
  head_ = options.method + ' ' + options.path + " HTTP/1.1\r\nHost: " + options.host + ':' +
          std::to_string(options.endpoint.port) + "\r\nUser-Agent: certbound_load\r\nAccept: */*\r\n";
  if (options.client_ids.empty()) {
    fixed_client_id_ = find_client_id(options.body);
    build(options.body);
  } else {
    const auto at = options.body.find(kPlaceholder);
    before_id_ = options.body.substr(0, at);
    after_id_ = options.body.substr(at + kPlaceholder.size());
  }
}

PreparedRequest RequestSource::next() {
  if (options_.client_ids.empty()) return {octets_, fixed_client_id_};
  const std::string& id = options_.client_ids[position_ % options_.client_ids.size()];
  position_ += stride_;
  body_.assign(before_id_).append(id).append(after_id_);
  build(body_);
  return {octets_, id};
}

void RequestSource::build(std::string_view body) {
  octets_.assign(head_);
  if (options_.method != "GET") {
    octets_.append("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ");
    octets_.append(std::to_string(body.size())).append("\r\n");
  }
  octets_.append("\r\n");
  if (options_.method != "GET") octets_.append(body);
}

}  // namespace certbound::load
