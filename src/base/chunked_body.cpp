#include "base/chunked_body.hpp"

#include <algorithm>

namespace certbound {

namespace {

constexpr std::size_t kMaximumSizeDigits = 8;

int chunk_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_line_text(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return (octet >= 0x20 || c == '\t') && octet != 0x7f;
}

/// `name: value` with a name that is a token (RFC 9110 section 5.6.2).
bool is_field_line(std::string_view line) {
  constexpr std::string_view kTokenCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = line.substr(0, colon);
  return name.find_first_not_of(kTokenCharacters) == std::string_view::npos;
}

}  // namespace

ChunkedBody::State ChunkedBody::feed(std::string_view& bytes) {
  while (!bytes.empty()) {
    State state = State::incomplete;
    if (place_ == Place::data) {
      state = take_data(bytes);
    } else {
      state = take_octet(bytes.front());
      bytes.remove_prefix(1);
    }
    if (state != State::incomplete) return state;
  }
  return State::incomplete;
}

ChunkedBody::State ChunkedBody::take_data(std::string_view& bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(size_, bytes.size()));
  body_ += bytes.substr(0, count);
  bytes.remove_prefix(count);
  size_ -= count;
  if (size_ == 0) place_ = Place::data_cr;
  return State::incomplete;
}

ChunkedBody::State ChunkedBody::take_octet(char octet) {
  const auto expect = [this, octet](char wanted, Place next) {
    place_ = next;
    return octet == wanted ? State::incomplete : State::malformed;
  };
  switch (place_) {
    case Place::size:
      return take_size(octet);
    case Place::extension:
      if (octet == '\r') return expect('\r', Place::size_end);
      return take_text(octet);
    case Place::trailer:
      if (octet == '\r') return end_trailer();
      trailer_.push_back(octet);
      return take_text(octet);
    case Place::size_end:
      return octet == '\n' ? end_size_line() : State::malformed;
    case Place::data_cr:
      return expect('\r', Place::data_lf);
    case Place::data_lf:
      return expect('\n', Place::size);
    case Place::trailer_start:
      if (octet == '\r') return expect('\r', Place::last_lf);
      place_ = Place::trailer;
      trailer_.assign(1, octet);
      return take_text(octet);
    case Place::trailer_lf:
      return expect('\n', Place::trailer_start);
    case Place::last_lf:
      return octet == '\n' ? State::complete : State::malformed;
    case Place::data:
      break;
  }
  return State::malformed;
}

ChunkedBody::State ChunkedBody::take_text(char octet) {
  return is_line_text(octet) && ++overhead_ <= overhead_bytes_ ? State::incomplete : State::malformed;
}

ChunkedBody::State ChunkedBody::end_trailer() {
  place_ = Place::trailer_lf;
  return is_field_line(trailer_) ? State::incomplete : State::malformed;
}

ChunkedBody::State ChunkedBody::take_size(char octet) {
  const int digit = chunk_digit(octet);
  if (digit >= 0) {
    size_ = size_ * 16 + static_cast<std::uint64_t>(digit);
    return ++digits_ <= kMaximumSizeDigits ? State::incomplete : State::malformed;
  }
  if (digits_ == 0) return State::malformed;
  if (octet == '\r') {
    place_ = Place::size_end;
    return State::incomplete;
  }
  place_ = Place::extension;
  return octet == ';' ? State::incomplete : State::malformed;
}

ChunkedBody::State ChunkedBody::end_size_line() {
  digits_ = 0;
  if (size_ == 0) {
    place_ = Place::trailer_start;
    return State::incomplete;
  }
  place_ = Place::data;
  return size_ > body_bytes_ - body_.size() ? State::too_large : State::incomplete;
}

}  // namespace certbound
