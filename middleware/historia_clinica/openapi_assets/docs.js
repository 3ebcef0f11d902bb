// Starts Swagger UI. `validatorUrl: null` keeps the document from being sent to a public validator.
const target = document.getElementById("swagger-ui");
SwaggerUIBundle({
  domNode: target,
  url: target.dataset.spec,
  deepLinking: true,
  docExpansion: "list",
  validatorUrl: null,
});
