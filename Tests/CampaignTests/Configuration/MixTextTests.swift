import Campaign
import Machine
import Testing

/// The written form of an operation mix.
@Suite struct MixTextTests {
  @Test func `named operations get their weights, the others none`() throws {
    #expect(try MixText.parse("fault=60,zap=10") == OperationMix([.fault: 60, .zap: 10]))
    #expect(try MixText.parse("fault-2m=1") == OperationMix([.fault2M: 1]))
    #expect(try MixText.parse("guest=0,age=1000000") == OperationMix([.age: 1_000_000]))
  }

  @Test func `every operation has a name that is read`() throws {
    for operation in Operation.allCases {
      #expect(try MixText.parse("\(operation.name)=3") == OperationMix([operation: 3]))
    }
  }

  @Test func `the printed form reads back`() throws {
    #expect(try MixText.parse(MixText.format(.default)) == .default)
  }

  @Test(arguments: [
    ("", "NAME=WEIGHT"), (",", "NAME=WEIGHT"), ("fault", "NAME=WEIGHT"), ("fault=1,", "NAME=WEIGHT"),
    ("walk=1", "allowed are fault,"), ("=1", "allowed are fault,"), ("Fault=1", "allowed are fault,"),
    ("fault=1,fault=2", "stands twice"), ("fault=-1", "0...1000000"), ("fault=", "0...1000000"),
    ("fault=x", "0...1000000"), ("fault=1.5", "0...1000000"), ("fault=1=2", "0...1000000"),
    ("fault=1000001", "0...1000000"), ("fault=99999999999999999999", "0...1000000"),
    ("fault=0", "more than 0"), ("fault=0,zap=0", "more than 0"),
  ])
  func `a bad mix is refused with what is allowed`(text: String, reason: String) {
    let error = #expect(throws: ConfigurationTextError.self) { try MixText.parse(text) }
    #expect(error?.message.contains(reason) == true)
  }
}
