import DeviceProtocol

/// What a document says once and refers to.
struct Components {
  private var schemas: [String: JSONValue] = [:]
  private var responses: [String: JSONValue] = [:]
  private var headers: [String: JSONValue] = [:]

  mutating func addSchema(_ name: String, _ make: (inout Components) -> JSONValue) {
    self.add(name, to: \.schemas, make)
  }

  mutating func addResponse(_ name: String, _ make: (inout Components) -> JSONValue) {
    self.add(name, to: \.responses, make)
  }

  mutating func addHeader(_ name: String, _ make: (inout Components) -> JSONValue) {
    self.add(name, to: \.headers, make)
  }

  /// Two things of one name are a mistake of the program, found when it starts.
  private mutating func add(
    _ name: String, to place: WritableKeyPath<Components, [String: JSONValue]>,
    _ make: (inout Components) -> JSONValue
  ) {
    let value = make(&self)
    let former = self[keyPath: place].updateValue(value, forKey: name)
    precondition(former == nil || former == value, "two components have the name \(name)")
  }

  /// - Parameter others: Further kinds of components.
  func json(_ others: [(name: String, value: JSONValue)]) -> JSONValue {
    let own = [("schemas", self.schemas), ("responses", self.responses), ("headers", self.headers)]
    return JSONValue(
      members: own.map { name, values in
        (name, JSONValue(members: values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
      } + others)
  }
}
