// What Microsoft Graph answers and sends, by Microsoft's own types; microsoft_graph.json is made of it by
// ts-json-schema-generator@2.10.0 from @microsoft/microsoft-graph-types@2.43.1:
//   ts-json-schema-generator --path microsoft_graph.ts --type Answers --jsDoc none --no-type-check -o microsoft_graph.json
import type * as graph from "@microsoft/microsoft-graph-types";

export interface Answers {
  message: graph.Message;
  mailFolder: graph.MailFolder;
  event: graph.Event;
  calendar: graph.Calendar;
  scheduleInformation: graph.ScheduleInformation;
  subscription: graph.Subscription;
  changeNotificationCollection: graph.ChangeNotificationCollection;
}
