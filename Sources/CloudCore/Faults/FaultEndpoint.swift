/// Which routes a fault strikes: a method and a pattern of a path, as in `POST /oauth/token`,
/// `/v1/devices/*` or `* /v1/**`.
///
/// Without a method any matches. `*` and a name in braces stand for one segment, a last `**` for any
/// number of them.
package struct FaultEndpoint: Equatable, Sendable {
  /// As it was written.
  package let text: String
  private let method: String?
  private let segments: [Segment]

  private enum Segment: Equatable {
    case literal(String)
    case one
    case rest
  }

  /// - Throws: `FaultProblem` that says what is wrong with the text.
  package init(_ text: String) throws(FaultProblem) {
    guard text.utf8.count <= 256 else {
      throw FaultProblem("member 'endpoint' is longer than 256 bytes")
    }
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard (1...2).contains(words.count), let path = words.last, path.first == "/" else {
      throw FaultProblem("member 'endpoint' must be a path, or a method, a space and a path")
    }
    if words.count == 2, words[0] != "*" {
      guard !words[0].isEmpty, words[0].utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
        throw FaultProblem("member 'endpoint' has a method that is not in capital letters")
      }
      self.method = String(words[0])
    } else {
      self.method = nil
    }
    let parts = path.split(separator: "/")
    var segments: [Segment] = []
    for (index, part) in parts.enumerated() {
      if part == "**" {
        guard index == parts.count - 1 else {
          throw FaultProblem("member 'endpoint' has '**' before its end")
        }
        segments.append(.rest)
      } else if part == "*" || (part.hasPrefix("{") && part.hasSuffix("}")) {
        segments.append(.one)
      } else {
        guard !part.contains("*"), !part.contains("?"), !part.contains("#") else {
          throw FaultProblem("member 'endpoint' has a '*', '?' or '#' inside of a segment")
        }
        segments.append(.literal(String(part)))
      }
    }
    self.text = text
    self.segments = segments
  }

  /// - Parameter path: Of a request, without its query.
  package func matches(method: String, path: String) -> Bool {
    self.matches(method: method, path: path, isRoute: false)
  }

  /// Whether any request to the route matches.
  package func covers(_ route: FaultRoute) -> Bool {
    self.matches(method: route.method, path: route.path, isRoute: true)
  }

  private func matches(method: String, path: String, isRoute: Bool) -> Bool {
    guard self.method == nil || self.method == method else { return false }
    var parts = path.split(separator: "/")[...]
    for segment in self.segments {
      if segment == .rest { return true }
      guard let part = parts.popFirst() else { return false }
      if case .literal(let literal) = segment, literal != part {
        // What a route leaves open can be this.
        guard isRoute, part.hasPrefix("{") else { return false }
      }
    }
    return parts.isEmpty
  }
}

/// Why a fault is refused, for the operator.
package struct FaultProblem: Error, Equatable, Sendable {
  package let description: String
  package init(_ description: String) { self.description = description }
}
