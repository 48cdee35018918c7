import Testing

@testable import CloudCore

struct TargetURITests {
  @Test(arguments: [
    ("https://lab.test/oauth/token", "https://lab.test/oauth/token"),
    ("https://lab.test/oauth/token", "HTTPS://LAB.Test:443/oauth/token"),
    ("https://lab.test/oauth/token", "https://lab.test:/oauth/token?a=b#c"),
    ("https://lab.test/oauth/token", "https://lab.test/oauth/./x/../token"),
    ("https://lab.test/oauth/token", "https://lab.test/%6Fauth/%74oken"),
    ("https://lab.test/a%2Fb", "https://lab.test/a%2fb"),
    ("https://lab.test/", "https://lab.test"),
    ("https://lab.test/", "https://lab.test?x"),
    ("https://lab.test/", "https://lab.test/.."),
    ("https://lab.test/a/", "https://lab.test/a/b/%2e%2E/"),
    ("https://lab.test/a/", "https://lab.test/a/b/.."),
    ("https://[::1]:8443/x", "https://[::1]:08443/x"),
    ("https://[::1]/x", "https://[::1]:443/x"),
    ("http://lab.test/x", "http://lab.test:80/x"),
    ("http://lab.test:65535/x", "http://lab.test:0065535/x"),
    ("http://lab.test:1/x", "http://lab.test:01/x"),
  ])
  func `two spellings of one URI are one`(one: String, other: String) throws {
    #expect(try #require(TargetURI(one)) == #require(TargetURI(other)))
  }

  @Test(arguments: [
    ("https://lab.test/a", "https://lab.test/a/"), ("https://lab.test/a", "https://lab.test/A"),
    ("https://lab.test/a", "https://lab.test//a"),
    ("https://lab.test/a%2Fb", "https://lab.test/a/b"),
    ("https://lab.test:80/a", "https://lab.test/a"),
    ("http://lab.test:443/a", "https://lab.test/a"),
    ("https://lab.test/a", "https://lab.test./a"),
    ("https://lab.test/a/b", "https://lab.test/a%5Cb"),
  ])
  func `what no rule makes equal is not`(one: String, other: String) throws {
    #expect(try #require(TargetURI(one)) != #require(TargetURI(other)))
  }

  @Test(arguments: [
    "", ":", "//lab.test/", "ftp://lab.test/", "https:/lab.test", "https://", "https://:443/",
    "https://u@lab.test/", "https://lab.test:x/", "https://lab.test:-1/", "https://lab.test/%",
    "https://lab.test:0/", "https://lab.test:65536/", "https://127.0.0.1:99999/",
    "https://[::1]:065536/", "https://lab.test:18446744073709551616/", "https://[]/",
    "https://lab.test/%4", "https://lab.test/%zz", "https://lab.test/ü", "https://lab.test/\u{0}",
    "https://lab.test/\\a", "https ://lab.test/",
  ])
  func `what is no such URI is none`(text: String) {
    #expect(TargetURI(text) == nil)
  }
}
