#include "net/request_parser.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "unit/net/parser_driver.hpp"

namespace certbound::net {

namespace {

using State = RequestParser::State;

constexpr std::string_view kGet = "GET /a?b=c HTTP/1.1\r\nHost: as.example\r\n\r\n";

/// A POST with more header lines, each with its line end, and a body.
std::string post(std::string_view lines, std::string_view body = "") {
  return "POST /t HTTP/1.1\r\nHost: as.example\r\n" + std::string{lines} + "\r\n" + std::string{body};
}

http::Request parse_one(std::string_view bytes) {
  RequestParser parser{{}};
  EXPECT_EQ(parser.feed(bytes), State::done) << bytes;
  return parser.state() == State::done ? parser.take() : http::Request{};
}

/// Parsed whole, in two pieces at every place, and octet by octet: always the same.
void expect_same_however_split(const std::string& bytes, std::size_t requests) {
  const Parsed whole = parse_whole(bytes);
  EXPECT_EQ(whole.fault, 0) << bytes;
  EXPECT_EQ(whole.requests.size(), requests) << bytes;
  EXPECT_EQ(parse_by_octets(bytes), whole) << bytes;
  for (std::size_t at = 1; at < bytes.size(); ++at) ASSERT_EQ(parse_in_two(bytes, at), whole) << at << " of " << bytes;
}

/// Refused with one of `statuses`, however it comes, and without a request before the fault.
void expect_refused(const std::string& bytes, const std::vector<int>& statuses) {
  const Parsed whole = parse_whole(bytes);
  EXPECT_TRUE(whole.requests.empty()) << bytes;
  EXPECT_NE(std::find(statuses.begin(), statuses.end(), whole.fault), statuses.end()) << whole.fault << ": " << bytes;
  EXPECT_EQ(parse_by_octets(bytes).fault, whole.fault) << bytes;
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    const Parsed in_two = parse_in_two(bytes, at);
    ASSERT_EQ(in_two.fault, whole.fault) << at << " of " << bytes;
    ASSERT_TRUE(in_two.requests.empty()) << at << " of " << bytes;
  }
}

RequestParser::Bounds small_bounds() {
  RequestParser::Bounds bounds;
  bounds.header_bytes = 256;
  bounds.body_bytes = 16;
  bounds.target_bytes = 64;
  return bounds;
}

}  // namespace

TEST(RequestParser, ReadsMethodPathQueryHeadersAndBody) {
  const http::Request request = parse_one(
      "POST /oauth2/token?x=y HTTP/1.1\r\nHost: as.example\r\nContent-TYPE:\t text/plain \r\n"
      "Content-Length: 5\r\n\r\nhello");

  EXPECT_EQ(request.method, http::Method::post);
  EXPECT_EQ(request.path, "/oauth2/token");
  EXPECT_EQ(request.query, "x=y");
  EXPECT_EQ(request.find_header("content-type"), "text/plain");
  EXPECT_EQ(request.find_header("host"), "as.example");
  EXPECT_EQ(request.body, "hello");
  EXPECT_TRUE(request.keep_alive);
}

TEST(RequestParser, KnowsTheMethods) {
  const auto method_of = [](const std::string& method) {
    return parse_one(method + " / HTTP/1.1\r\nHost: a\r\n\r\n").method;
  };
  EXPECT_EQ(method_of("GET"), http::Method::get);
  EXPECT_EQ(method_of("HEAD"), http::Method::head);
  EXPECT_EQ(method_of("OPTIONS"), http::Method::options);
  EXPECT_EQ(method_of("PUT"), http::Method::other);
  EXPECT_EQ(method_of("get"), http::Method::other);
  EXPECT_EQ(method_of("BREW"), http::Method::other);
}

// RFC 9112 section 9.3.
TEST(RequestParser, KnowsWhetherTheConnectionGoesOn) {
  EXPECT_FALSE(parse_one("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").keep_alive);
  EXPECT_FALSE(parse_one("GET / HTTP/1.0\r\n\r\n").keep_alive);
  // Such a client would wait for a `Connection: keep-alive` that HTTP/1.1 does not know.
  EXPECT_FALSE(parse_one("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

// RFC 9112 section 3.2.2: the path of an absolute-form target; its host routes nothing.
TEST(RequestParser, TakesAnAbsoluteTargetByItsPath) {
  const auto path_of = [](const std::string& target) {
    const http::Request request = parse_one("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return request.path + " " + request.query;
  };
  EXPECT_EQ(path_of("https://as.example:8443/oauth2/token?q"), "/oauth2/token q");
  EXPECT_EQ(path_of("http://as.example"), "/ ");
  EXPECT_EQ(path_of("http://as.example?next=/oauth2/token"), "/ ");
  EXPECT_EQ(path_of("HTTPS://as.example/a"), "/a ");
  EXPECT_EQ(path_of("/x?u=http://b/c"), "/x u=http://b/c");
  EXPECT_EQ(parse_one("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").path, "*");
}

TEST(RequestParser, RefusesATargetThatIsNoPath) {
  for (const char* target : {"oauth2/token", "a?b://c/healthz", "://x/healthz", "a://b/healthz", "xhttp://a/healthz",
                             "http:/healthz", "http://", "https:///healthz", "http://?a", "*", "*?a", "?a", "#/a"}) {
    expect_refused("GET " + std::string{target} + " HTTP/1.1\r\nHost: a\r\n\r\n", {400});
  }
  expect_refused("OPTIONS *?a HTTP/1.1\r\nHost: a\r\n\r\n", {400});
  expect_refused("CONNECT as.example:443 HTTP/1.1\r\nHost: a\r\n\r\n", {400});
}

TEST(RequestParser, ReadsTheSameHoweverTheBytesAreSplit) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  expect_same_however_split(std::string{kGet}, 1);
  expect_same_however_split(post("Content-Length: 5\r\n", "hello"), 1);
  expect_same_however_split(post("Content-Length: 0\r\n"), 1);
  // A body that begins like the line of a folded header.
  expect_same_however_split(post("Content-Length: 6\r\n", " hello"), 1);
  expect_same_however_split(post("Content-Length: 8\r\n", std::string_view{"\t\r\n\r\n\0ab", 8}), 1);
  expect_same_however_split(post(chunked, "5\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n0\r\n\r\n"), 1);
  expect_same_however_split(post(chunked, "5;a=b;c=\"d e\"\r\nhello\r\n0;z\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n"), 1);
  expect_same_however_split(post(chunked, "0\r\n\r\n"), 1);
  expect_same_however_split(post("Transfer-Encoding: Chunked \r\n", "00A\r\n0123456789\r\n0\r\n\r\n"), 1);
  expect_same_however_split("GET http://as.example:8443/a?b HTTP/1.1\r\nHost: as.example\r\n\r\n", 1);
  expect_same_however_split("\r\n" + std::string{kGet}, 1);
  expect_same_however_split("\r\n\r\n" + std::string{kGet}, 1);
  expect_same_however_split("GET / HTTP/1.0\r\n\r\n", 1);
  expect_same_however_split(post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ab"), 1);
}

TEST(RequestParser, ReadsPipelinedRequestsHoweverTheyAreSplit) {
  const std::string chunked = post("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n");
  expect_same_however_split(std::string{kGet} + std::string{kGet}, 2);
  expect_same_however_split(post("Content-Length: 5\r\n", "hello") + std::string{kGet}, 2);
  expect_same_however_split(chunked + post("Content-Length: 1\r\n", "x") + chunked, 3);
  // RFC 9112 section 2.2: an empty line between them.
  expect_same_however_split(post("Content-Length: 5\r\n", "hello") + "\r\n" + std::string{kGet}, 2);
}

TEST(RequestParser, JoinsTheChunks) {
  const std::string bytes = post("Transfer-Encoding: chunked\r\n", "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  EXPECT_EQ(parse_one(bytes).body, "hello world");
}

// RFC 9110 section 6.5.1: a trailer says nothing that the header should have said.
TEST(RequestParser, ForgetsTheFieldsOfATrailer) {
  const http::Request request = parse_one(
      post("Transfer-Encoding: chunked\r\n",
           "1\r\nx\r\n0\r\nAuthorization: Basic eDp5\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(request.find_header("authorization"), std::nullopt);
  EXPECT_EQ(request.find_header("content-type"), std::nullopt);
  EXPECT_TRUE(request.keep_alive);
  EXPECT_EQ(request.headers.size(), 2U);
}

TEST(RequestParser, SaysOnceThatTheClientWaitsForContinue) {
  RequestParser parser{{}};
  const std::string bytes = post("Expect: 100-Continue\r\nContent-Length: 2\r\n", "ab");
  const std::string_view header = std::string_view{bytes}.substr(0, bytes.size() - 2);
  EXPECT_EQ(parser.feed(header), State::body);
  EXPECT_TRUE(parser.take_expects_continue());
  EXPECT_FALSE(parser.take_expects_continue());
  EXPECT_EQ(parser.feed("ab"), State::done);
  EXPECT_FALSE(parser.take_expects_continue());
}

TEST(RequestParser, DoesNotAskForABodyThatIsThereAlready) {
  RequestParser parser{{}};
  EXPECT_EQ(parser.feed(post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ab")), State::done);
  EXPECT_FALSE(parser.take_expects_continue());
}

// RFC 9110 section 10.1.1: an HTTP/1.0 client cannot wait for it.
TEST(RequestParser, IgnoresExpectOfHttp10) {
  RequestParser parser{{}};
  EXPECT_EQ(parser.feed("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"), State::body);
  EXPECT_FALSE(parser.take_expects_continue());
}

TEST(RequestParser, TellsItsState) {
  RequestParser parser{{}};
  EXPECT_EQ(parser.state(), State::idle);
  EXPECT_EQ(parser.feed("\r\n"), State::idle);
  EXPECT_EQ(parser.feed("POST / HT"), State::header);
  EXPECT_EQ(parser.feed("TP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"), State::body);
  EXPECT_EQ(parser.feed("x"), State::done);
  EXPECT_EQ(parser.feed("GET"), State::done);
  EXPECT_EQ(parser.take().body, "x");
  EXPECT_EQ(parser.next(), State::header);
}

// RFC 9112 section 6.1: both lengths are how a request is smuggled past a proxy.
TEST(RequestParser, RefusesLengthAndCodingTogether) {
  expect_refused(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), {400});
  expect_refused(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), {400});
  expect_refused(post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello"), {400});
}

TEST(RequestParser, RefusesARepeatedContentLength) {
  expect_refused(post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), {400});
  expect_refused(post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), {400});
  expect_refused(post("Content-Length: 5, 5\r\n", "hello"), {400});
  expect_refused(post("Content-Length: 5, 6\r\n", "hello"), {400});
}

TEST(RequestParser, RefusesAContentLengthThatIsNoNumber) {
  for (const char* length :
       {"-1", "+5", "5x", "0x5", "5.0", "", "5 5", "\"5\"", "18446744073709551616", "99999999999999999999999999"}) {
    expect_refused(post("Content-Length: " + std::string{length} + "\r\n", "hello"), {400});
  }
}

// RFC 9112 section 6.1: 501 for a coding that is not understood.
TEST(RequestParser, RefusesEveryCodingButChunked) {
  for (const char* coding : {"gzip", "chunked,gzip", "gzip, chunked", "chunked, chunked", "identity", "xchunked",
                             "\"chunked\"", "chunked;q=1", "chunked,"}) {
    expect_refused(post("Transfer-Encoding: " + std::string{coding} + "\r\n", "0\r\n\r\n"), {400, 501});
  }
  expect_refused(post("Transfer-Encoding: gzip\r\n", "0\r\n\r\n"), {501});
  expect_refused(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), {400});
  expect_refused(post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), {400, 501});
  expect_refused(post("Transfer-Encoding: \x0b"
                      "chunked\r\n",
                      "0\r\n\r\n"),
                 {400});
}

// A blank around the value is not part of it (RFC 9112 section 5): framed as chunked, not as a request without a body.
TEST(RequestParser, FramesByTheCodingWithBlanksAroundIt) {
  EXPECT_EQ(parse_one(post("Transfer-Encoding: chunked \r\n", "2\r\nhi\r\n0\r\n\r\n")).body, "hi");
}

// RFC 9112 section 6.1: HTTP/1.0 has no transfer coding; such a message has faulty framing.
TEST(RequestParser, RefusesACodingInHttp10) {
  expect_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400});
}

TEST(RequestParser, RefusesAFoldedHeader) {
  expect_refused(post("X: a\r\n b\r\n"), {400});
  expect_refused(post("X: a\r\n\tContent-Length: 5\r\n"), {400});
  expect_refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n", {400});
}

TEST(RequestParser, RefusesALineFeedWithoutCarriageReturn) {
  expect_refused("GET / HTTP/1.1\nHost: a\n\n", {400});
  expect_refused("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", {400});
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\n\n", {400});
  expect_refused("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", {400});
}

TEST(RequestParser, RefusesACarriageReturnWithoutLineFeed) {
  expect_refused("GET / HTTP/1.1\rHost: a\r\r\n\r\n", {400});
  expect_refused(post("X: a\rb\r\n"), {400});
  expect_refused(post("X: a\r\r\n"), {400});
  expect_refused("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", {400});
}

TEST(RequestParser, RefusesANul) {
  using std::string_literals::operator""s;
  expect_refused(post("X: a\0b\r\n"s), {400});
  expect_refused("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, {400});
  expect_refused("\0GET / HTTP/1.1\r\nHost: a\r\n\r\n"s, {400});
}

TEST(RequestParser, RefusesABlankBeforeTheColon) {
  expect_refused(post("Content-Length : 5\r\n", "hello"), {400});
  expect_refused(post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"), {400});
  expect_refused(post("X Y: z\r\n"), {400});
  expect_refused(post(": z\r\n"), {400});
  expect_refused(post("X\r\n"), {400});
}

TEST(RequestParser, RefusesControlCharactersInAValue) {
  expect_refused(post("X: a\x01"
                      "b\r\n"),
                 {400});
  expect_refused(post("X: a\x7f\r\n"), {400});
}

// RFC 9112 section 3.2.
TEST(RequestParser, RefusesARequestWithoutExactlyOneHost) {
  expect_refused("GET / HTTP/1.1\r\n\r\n", {400});
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", {400});
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", {400});
  expect_refused("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", {400});
}

TEST(RequestParser, RefusesABadChunk) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  for (const char* body :
       {"zz\r\nzz\r\n", "-1\r\nx\r\n", "0x1\r\nx\r\n0\r\n\r\n", "\r\nx\r\n", "1\r\nabc\r\n0\r\n\r\n", "1\nx\r\n",
        "1;\n=\r\nx\r\n0\r\n\r\n", "1;a=\"\n\"\r\nx\r\n0\r\n\r\n", "1 x\r\nx\r\n0\r\n\r\n", "10000000000000000\r\n",
        "ffffffffffffffff\r\n", "1\r\nxx0\r\n\r\n", "0\r\n X: y\r\n\r\n", "0\r\nX: y\n\r\n", "0\r\nX: \x01\r\n\r\n"}) {
    expect_refused(post(chunked, body), {400});
  }
  expect_refused(post(chunked, "ffffffff\r\n"), {413});
}

// What stands in a trailer changes neither this request nor where the next one begins.
TEST(RequestParser, FindsTheNextRequestBehindATrailer) {
  for (const std::string trailer : {"", "Content-Length: 5\r\n", "Transfer-Encoding: gzip\r\n", "Host: b\r\n"}) {
    const std::string bytes = post("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n" + trailer + "\r\n");
    expect_same_however_split(bytes + std::string{kGet}, 2);
    EXPECT_EQ(parse_whole(bytes).requests,
              parse_whole(post("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n")).requests);
  }
}

TEST(RequestParser, RefusesOtherVersionsOfHttp) {
  expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {505});
  expect_refused("GET / HTTP/0.9\r\nHost: a\r\n\r\n", {505});
  expect_refused("GET / HTTP/1.2\r\nHost: a\r\n\r\n", {505});
  expect_refused("GET / HTTP/3\r\nHost: a\r\n\r\n", {400, 505});
  expect_refused("GET /\r\n\r\n", {400});
  expect_refused("GET / http/1.1\r\nHost: a\r\n\r\n", {400, 505});
  expect_refused("\x16\x03\x01\x02\r\n\r\n", {400});
}

TEST(RequestParser, RefusesAMalformedRequestLine) {
  expect_refused("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", {400});
  expect_refused(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", {400});
  expect_refused("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", {400, 505});
  expect_refused("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", {400, 505});
  expect_refused("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", {400});
  expect_refused("\r\n\r\n\r\n" + std::string{kGet}, {400});
}

TEST(RequestParser, BoundsTheHeader) {
  const auto of_size = [](std::size_t size) {
    std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n";
    bytes.insert(bytes.size() - 4, size - bytes.size(), 'x');
    return bytes;
  };
  EXPECT_EQ(parse_whole(of_size(256), small_bounds()).requests.size(), 1U);
  EXPECT_EQ(parse_by_octets(of_size(256), small_bounds()).requests.size(), 1U);
  EXPECT_EQ(parse_whole(of_size(257), small_bounds()).fault, 431);
  EXPECT_EQ(parse_by_octets(of_size(257), small_bounds()).fault, 431);
  EXPECT_EQ(parse_by_octets("GET / HTTP/1.1\r\n" + std::string(300, 'x'), small_bounds()).fault, 431);
}

TEST(RequestParser, BoundsTheTarget) {
  const auto of_size = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(parse_whole(of_size(64), small_bounds()).requests.size(), 1U);
  EXPECT_EQ(parse_whole(of_size(65), small_bounds()).fault, 414);
  EXPECT_EQ(parse_by_octets(of_size(65), small_bounds()).fault, 414);
  // Before its end has come.
  EXPECT_EQ(parse_by_octets("GET /" + std::string(130, 'x'), small_bounds()).fault, 414);
}

TEST(RequestParser, BoundsTheBody) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(parse_whole(post("Content-Length: 16\r\n", std::string(16, 'x')), small_bounds()).requests.size(), 1U);
  EXPECT_EQ(parse_whole(post("Content-Length: 17\r\n"), small_bounds()).fault, 413);
  EXPECT_EQ(parse_whole(post("Content-Length: 18446744073709551615\r\n"), small_bounds()).fault, 413);
  EXPECT_EQ(parse_whole(post(chunked, "8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n"), small_bounds()).requests.size(),
            1U);
  EXPECT_EQ(parse_whole(post(chunked, "8\r\n01234567\r\n9\r\n"), small_bounds()).fault, 413);
  EXPECT_EQ(parse_by_octets(post(chunked, "8\r\n01234567\r\n9\r\n"), small_bounds()).fault, 413);
}

// Nothing may go on without end: neither the line of a chunk nor a trailer.
TEST(RequestParser, BoundsTheLineOfAChunkAndTheTrailer) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(parse_whole(post(chunked, "1;" + std::string(5000, 'x'))).fault, 400);
  EXPECT_EQ(parse_by_octets(post(chunked, "1;" + std::string(5000, 'x'))).fault, 400);
  EXPECT_EQ(parse_by_octets(post(chunked, "0\r\nX: " + std::string(5000, 'x'))).fault, 400);
  for (const std::string line : {"X: yyy\r\n", "X\r\n"}) {
    std::string trailer = "0\r\n";
    for (int i = 0; i < 5000; ++i) trailer += line;
    EXPECT_EQ(parse_whole(post(chunked, trailer)).fault, 400) << line;
  }
  std::string extensions;
  for (int i = 0; i < 100; ++i) extensions += "1;" + std::string(50, 'x') + "\r\ny\r\n";
  EXPECT_EQ(parse_whole(post(chunked, extensions)).fault, 400);
}

// Nobody knows where the next request would begin.
TEST(RequestParser, StaysInFault) {
  RequestParser parser{{}};
  EXPECT_EQ(parser.feed("GET / HTTP/9.9\r\n\r\n"), State::fault);
  EXPECT_EQ(parser.feed(kGet), State::fault);
  EXPECT_EQ(parser.fault().status, 505);
  EXPECT_FALSE(parser.take_expects_continue());
}

TEST(RequestParser, HandsOverWhatCameBeforeAFault) {
  const Parsed parsed = parse_whole(std::string{kGet} + "BAD\n");
  EXPECT_EQ(parsed.requests.size(), 1U);
  EXPECT_EQ(parsed.fault, 400);
}

}  // namespace certbound::net
