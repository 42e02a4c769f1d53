// What Slack's Web API answers and which blocks it takes, by Slack's own types; slack.json is made of it by
// ts-json-schema-generator@2.10.0 from @slack/web-api@8.2.0, each type for itself, as their files name others alike:
//   ts-json-schema-generator --path slack.ts --type ChatUpdateResponse --jsDoc none --no-type-check --minify
export type {
  ChatDeleteResponse,
  ChatPostEphemeralResponse,
  ChatPostMessageResponse,
  ChatUpdateResponse,
  ConversationsHistoryResponse,
  ConversationsOpenResponse,
  KnownBlock,
  UsersInfoResponse,
  UsersLookupByEmailResponse,
} from "@slack/web-api"
