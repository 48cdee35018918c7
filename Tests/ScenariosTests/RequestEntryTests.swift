import Foundation
import Testing

@testable import Scenarios

struct RequestEntryTests {
  @Test func `what a request does not have is shown as the cloud shows it`() throws {
    let json = #"""
      {"sequence":1,"at":2,"duration_us":3,"method":"GET","path":null,"status":null,"generation":4,
       "fault":"reset","dead_token":false,"address":"127.0.0.1"}
      """#
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let entry = try decoder.decode(RequestEntry.self, from: Data(json.utf8))
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let shown = try JSONSerialization.jsonObject(with: encoder.encode(entry)) as? NSDictionary
    let given = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? NSDictionary
    #expect(shown == given)
  }
}
