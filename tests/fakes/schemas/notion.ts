import type {
  GetDataSourceResponse,
  GetPageMarkdownResponse,
  GetPageResponse,
  QueryDataSourceParameters,
  QueryDataSourceResponse,
  SearchParameters,
  SearchResponse,
  UpdatePageParameters,
  UpdatePageResponse,
} from "@notionhq/client/build/src/api-endpoints"

/** What the API of Notion takes and answers, as far as the assistant uses it: made into notion.json. */
export type Notion = {
  dataSource: GetDataSourceResponse
  markdown: GetPageMarkdownResponse
  page: GetPageResponse
  query: QueryDataSourceResponse
  queryParameters: QueryDataSourceParameters
  search: SearchResponse
  searchParameters: SearchParameters
  update: UpdatePageResponse
  updateParameters: UpdatePageParameters
}
