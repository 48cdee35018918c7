import HTTPTypes
import Testing

@testable import CloudServer

/// That `docs/api.md` is this text is held by `Tests/Clients/test_openapi.py`.
@Suite struct APIReferenceTests {
  @Test func `every operation of both listeners is in the reference`() {
    let text = APIReference.text()
    let cloud = TestCloud()
    for responder in [cloud.publicResponder, cloud.adminResponder] {
      for described in responder.described {
        let heading = "#### `\(described.route.method.rawValue) \(described.route.path)`\n"
        #expect(text.contains(heading), "\(heading)")
      }
    }
  }

  @Test func `the reference is the same each time`() {
    #expect(APIReference.text() == APIReference.text())
  }
}
