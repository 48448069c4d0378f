#include "model/denial.hpp"

namespace certbound::model {

std::string_view name(DenialKind kind) {
  switch (kind) {
    case DenialKind::jti:
      return "jti";
    case DenialKind::thumbprint:
      return "thumbprint";
    case DenialKind::client:
      return "client";
    case DenialKind::issued_before:
      return "issued_before";
  }
  return {};
}

std::optional<DenialKind> parse_denial_kind(std::string_view text) {
  for (const DenialKind kind : kDenialKinds) {
    if (text == name(kind)) return kind;
  }
  return std::nullopt;
}

std::string_view name(DenialOrigin origin) {
  switch (origin) {
    case DenialOrigin::by_operator:
      return "operator";
    case DenialOrigin::by_client:
      return "client";
    case DenialOrigin::by_server:
      return "server";
  }
  return {};
}

std::optional<DenialOrigin> parse_denial_origin(std::string_view text) {
  for (const DenialOrigin origin : kDenialOrigins) {
    if (text == name(origin)) return origin;
  }
  return std::nullopt;
}

}  // namespace certbound::model
