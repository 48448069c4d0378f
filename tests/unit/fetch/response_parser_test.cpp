#include "fetch/response_parser.hpp"

#include <gtest/gtest.h>

namespace certbound::fetch {

namespace {

using ParserState = ResponseParser::State;

struct Parsed {
  ParserState state = ParserState::header;
  Failure failure = Failure::none;
  int status = 0;
  std::string body;
  bool operator==(const Parsed&) const = default;
};

Parsed parse_in_pieces(const std::string& bytes, std::size_t piece, ResponseParser::Bounds bounds) {
  ResponseParser parser{bounds};
  for (std::size_t at = 0; at < bytes.size(); at += piece) parser.feed(std::string_view{bytes}.substr(at, piece));
  parser.end();
  Parsed parsed;
  parsed.state = parser.state();
  parsed.failure = parser.problem().failure;
  if (parsed.state == ParserState::done) {
    parsed.status = parser.head().status;
    parsed.body = parser.take_body();
  }
  return parsed;
}

/// Whole, and checks that octet by octet it is the same.
Parsed parse(const std::string& bytes, ResponseParser::Bounds bounds = {}) {
  const Parsed whole = parse_in_pieces(bytes, bytes.size() + 1, bounds);
  EXPECT_EQ(parse_in_pieces(bytes, 1, bounds), whole) << bytes;
  return whole;
}

}  // namespace

// RFC 9112 section 6.
TEST(ResponseParser, ReadsEachKindOfBody) {
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more").body, "hi");
  EXPECT_EQ(
      parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nh\r\n1;x=y\r\ni\r\n0\r\nT: u\r\n\r\n").body,
      "hi");
  EXPECT_EQ(parse("HTTP/1.0 200 OK\r\n\r\nhi and more").body, "hi and more");
  EXPECT_EQ(parse("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n").state, ParserState::done);
  EXPECT_EQ(parse("HTTP/1.1 304 Not Modified\r\nContent-Length: 99999999\r\n\r\n").status, 304);
  EXPECT_EQ(parse("HTTP/1.1 204 No Content\r\n\r\n").status, 204);
}

TEST(ResponseParser, ReadsOverInterimAnswers) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  EXPECT_EQ(parse("HTTP/1.1 100 Continue\r\n\r\n" + interim + interim + interim + answer).body, "hi");
  EXPECT_EQ(parse(interim + interim + interim + interim + interim + answer).failure, Failure::malformed);
  EXPECT_EQ(parse("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + answer).failure, Failure::malformed);
}

TEST(ResponseParser, SaysWhereTheConnectionEndedTooEarly) {
  for (const char* bytes : {"", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"}) {
    EXPECT_EQ(parse(bytes).failure, Failure::closed) << bytes;
  }
}

TEST(ResponseParser, RefusesWhatTwoReadersCouldReadInTwoWays) {
  for (const char* bytes : {
           "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
           "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nhi",
           "HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 2\r\n\r\nhi",
           "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
           "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi",
           "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "HTTP/2 200\r\n\r\n",
           "HTTP/1.1 20 OK\r\n\r\n",
           "HTTP/1.1 2000 OK\r\n\r\n",
           "HTTP/1.1 999 OK\r\n\r\n",
           "SSH-2.0-OpenSSH\r\n\r\n",
           "<html>\r\n\r\n",
           "\x15\x03\x01\r\n\r\n",
       }) {
    EXPECT_EQ(parse(bytes).failure, Failure::malformed) << bytes;
  }
}

TEST(ResponseParser, RefusesChunksThatLie) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* body :
       {"-1\r\nh\r\n", "1\r\nhi\r\n0\r\n\r\n", "x\r\n", "\r\n", "1 \nh\r\n", "123456789\r\n", "0x1\r\nh\r\n"}) {
    EXPECT_EQ(parse(head + body).failure, Failure::malformed) << body;
  }
  EXPECT_EQ(parse(head + "ffffffff\r\nhi").failure, Failure::body_too_large);
}

TEST(ResponseParser, HoldsItsBounds) {
  const ResponseParser::Bounds bounds{.header_bytes = 64, .body_bytes = 4};
  const std::string fitting = "HTTP/1.1 200 OK\r\nA: " + std::string(64 - 24, 'a') + "\r\n\r\n";
  EXPECT_EQ(parse(fitting + "1234", bounds).body, "1234");
  EXPECT_EQ(parse(fitting + "12345", bounds).failure, Failure::body_too_large);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nA: " + std::string(64 - 23, 'a') + "\r\n\r\n", bounds).failure,
            Failure::header_too_large);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nA: " + std::string(100, 'a'), bounds).failure, Failure::header_too_large);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n1234", bounds).body, "1234");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", bounds).failure, Failure::body_too_large);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n", bounds).failure,
            Failure::body_too_large);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n", bounds).failure,
            Failure::malformed);
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n", bounds).failure,
            Failure::body_too_large);
}

// A large header that is refused must be seen before it has all come.
TEST(ResponseParser, RefusesAHeaderWithoutEndEarly) {
  ResponseParser parser{{.header_bytes = 1024, .body_bytes = 4}};
  parser.feed("HTTP/1.1 200 OK\r\n");
  std::size_t fed = 0;
  while (parser.feed("X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n") == ParserState::header) ASSERT_LT(++fed, 100U);
  EXPECT_EQ(parser.problem().failure, Failure::header_too_large);
}

TEST(ResponseParser, LowersNamesAndTrimsValues) {
  ResponseParser parser{{}};
  parser.feed("HTTP/1.1 200 OK\r\nETag: \t \"a\" \r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(parser.head().find("etag"), "\"a\"");
}

}  // namespace certbound::fetch
